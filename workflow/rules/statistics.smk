"""Run files and prepared data to tidy tables, and to the verdicts on the claims."""


rule tabulate:
    input:
        runs=runs_of_table,
        sources=sources("tabulate"),
    output:
        f"{RESULTS}/tables/{{table}}.csv",
    log:
        f"{RESULTS}/logs/tabulate/{{table}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/tabulate/{{table}}.tsv"
    conda:
        ENVIRONMENT
    message:
        "tabulate {wildcards.table}"
    shell:
        "python -m goodinit tabulate --table {wildcards.table} --runs {input.runs} --output {output} 2> {log}"


rule measure:
    input:
        data=prepared_files(),
        sources=sources("measure"),
    output:
        f"{RESULTS}/tables/data-shape.csv",
    log:
        f"{RESULTS}/logs/measure.log",
    benchmark:
        f"{RESULTS}/benchmarks/measure.tsv"
    conda:
        ENVIRONMENT
    message:
        "measure how badly the features are distributed"
    shell:
        "python -m goodinit measure --data {input.data} --output {output} 2> {log}"


rule calibrate:
    input:
        data=prepared_files(),
        sources=sources("calibrate"),
    output:
        f"{RESULTS}/tables/calibration.csv",
    log:
        f"{RESULTS}/logs/calibrate.log",
    benchmark:
        f"{RESULTS}/benchmarks/calibrate.tsv"
    conda:
        ENVIRONMENT
    params:
        seeds=first_block(),
        hidden_layers=config["hidden_layers"],
        width=config["width"],
    message:
        "calibrate LSUV on one batch and look at others"
    shell:
        "python -m goodinit calibrate --data {input.data} --seeds {params.seeds} --hidden-layers {params.hidden_layers}"
        " --width {params.width} --output {output} 2> {log}"


rule prune:
    input:
        data=f"{RESULTS}/data/{conditions.main_dataset(config)}/standardize.npz",
        runs=run_files("main"),
        sources=sources("prune"),
    output:
        f"{RESULTS}/tables/pruning.csv",
    log:
        f"{RESULTS}/logs/prune.log",
    benchmark:
        f"{RESULTS}/benchmarks/prune.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    message:
        "prune the weights of the main study"
    shell:
        "python -m goodinit prune --data {input.data} --runs {input.runs} --threads {threads} --output {output} 2> {log}"


rule simulate:
    input:
        sources=sources("simulate"),
    output:
        f"{RESULTS}/tables/simulation.csv",
    log:
        f"{RESULTS}/logs/simulate.log",
    benchmark:
        f"{RESULTS}/benchmarks/simulate.tsv"
    conda:
        ENVIRONMENT
    params:
        repetitions=200 if config["draft"] else 2000,
    message:
        "measure level and coverage of the statistics on made-up data"
    shell:
        "python -m goodinit simulate --repetitions {params.repetitions} --output {output} 2> {log}"


rule judge:
    input:
        runs=run_files(*conditions.STUDIES),
        shapes=rules.measure.output,
        calibration=rules.calibrate.output,
        pruning=rules.prune.output if "main" in ENABLED else [],
        sources=sources("judge"),
    output:
        claims=f"{RESULTS}/claims.csv",
        others=f"{RESULTS}/claims-by-dataset.csv",
    log:
        f"{RESULTS}/logs/judge.log",
    benchmark:
        f"{RESULTS}/benchmarks/judge.tsv"
    conda:
        ENVIRONMENT
    params:
        dataset=f"{conditions.main_dataset(config)}/standardize",
        control=config["control"],
        peaks=config["peaks"],
        pruning=lambda wildcards, input: f"--pruning {input.pruning}" if input.pruning else "",
    message:
        "give every claim its verdict"
    shell:
        "python -m goodinit judge --runs {input.runs} --dataset {params.dataset} --control {params.control}"
        " --peaks {params.peaks} --shapes {input.shapes} --calibration {input.calibration} {params.pruning}"
        " --output {output.claims} --others {output.others} 2> {log}"
