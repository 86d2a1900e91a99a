"""Arrays to run files: one job trains one block of seeds of one condition, all its nets at once."""


rule train:
    input:
        data=f"{RESULTS}/data/{{dataset}}/{{scaling}}.npz",
        sources=sources("train"),
    output:
        f"{RESULTS}/runs/{{dataset}}/{{scaling}}/{{init}}/peak-{{peak}}/{{regularization}}/seeds-{{seeds}}.nc",
    log:
        f"{RESULTS}/logs/train/{{dataset}}/{{scaling}}/{{init}}/peak-{{peak}}/{{regularization}}/seeds-{{seeds}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/train/{{dataset}}/{{scaling}}/{{init}}/peak-{{peak}}/{{regularization}}/seeds-{{seeds}}.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    params:
        steps=config["steps"],
        batch_size=config["batch_size"],
        hidden_layers=config["hidden_layers"],
        width=config["width"],
        evaluate_every=lambda wildcards: look(wildcards).evaluate_every,
        record=lambda wildcards: look(wildcards).record,
        device=config["device"],
    message:
        "train {wildcards.init} on {wildcards.dataset} ({wildcards.scaling}), peak {wildcards.peak}, seeds {wildcards.seeds}"
    shell:
        "python -m goodinit train --data {input.data} --dataset {wildcards.dataset} --scaling {wildcards.scaling}"
        " --init {wildcards.init} --peak {wildcards.peak} --regularization {wildcards.regularization}"
        " --seeds {wildcards.seeds} --steps {params.steps} --batch-size {params.batch_size}"
        " --hidden-layers {params.hidden_layers} --width {params.width} --evaluate-every {params.evaluate_every}"
        " --record {params.record} --device {params.device} --threads {threads} --output {output} 2> {log}"
