"""Arrays to run files: one job trains one block of seeds of one condition, all its nets at once."""


rule train:
    input:
        data=f"{RESULTS}/data/{{dataset}}/{{scaling}}.npz",
        code=code_of("train"),
    output:
        f"{RESULTS}/runs/{{dataset}}/{{scaling}}/{{init}}/peak-{{peak}}/{{variant}}/seeds-{{seeds}}.nc",
    log:
        f"{RESULTS}/logs/train/{{dataset}}/{{scaling}}/{{init}}/peak-{{peak}}/{{variant}}/seeds-{{seeds}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/train/{{dataset}}/{{scaling}}/{{init}}/peak-{{peak}}/{{variant}}/seeds-{{seeds}}.tsv"
    priority: 1  # first, so that figures fill the cores while the verdicts wait for the last run
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=MEMORY,
        gpu=1 if config["device"] == "cuda" else 0,
    params:
        optimizer=config["optimizer"],
        steps=config["steps"],
        batch_size=config["batch_size"],
        hidden_layers=config["hidden_layers"],
        width=config["width"],
        record=recording("record"),
        evaluate_every=recording("evaluate_every"),
        device=config["device"],
    message:
        "train {wildcards.init} on {wildcards.dataset} ({wildcards.scaling}), peak {wildcards.peak}, seeds {wildcards.seeds}"
    shell:
        command("train")
