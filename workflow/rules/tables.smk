"""Run files and prepared data to tidy tables."""


rule tabulate:
    input:
        runs=runs_of_table,
        code=code_of("tabulate"),
    output:
        f"{RESULTS}/tables/{{table}}.csv",
    log:
        f"{RESULTS}/logs/tabulate/{{table}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/tabulate/{{table}}.tsv"
    conda:
        ENVIRONMENT
    resources:
        mem_mb=MEMORY,
    message:
        "tabulate {wildcards.table}"
    shell:
        command("tabulate")


rule tabulate_shapes:
    input:
        data=arrays(conditions.measured(config)),
        code=code_of("tabulate_shapes"),
    output:
        f"{RESULTS}/tables/data-shape.csv",
    log:
        f"{RESULTS}/logs/tabulate_shapes.log",
    benchmark:
        f"{RESULTS}/benchmarks/tabulate_shapes.tsv"
    localrule: True
    conda:
        ENVIRONMENT
    resources:
        mem_mb=MEMORY,
    message:
        "measure how badly the features are distributed"
    shell:
        command("tabulate_shapes")


rule tabulate_suite:
    input:
        runs=run_files(["suite"]),
        shapes=rules.tabulate_shapes.output,
        code=code_of("tabulate_suite"),
    output:
        f"{RESULTS}/tables/suite.csv",
    log:
        f"{RESULTS}/logs/tabulate_suite.log",
    benchmark:
        f"{RESULTS}/benchmarks/tabulate_suite.tsv"
    conda:
        ENVIRONMENT
    resources:
        mem_mb=MEMORY,
    message:
        "tabulate the suite"
    shell:
        command("tabulate_suite")


rule tabulate_calibration:
    input:
        data=arrays(conditions.prepared(config)),
        code=code_of("tabulate_calibration"),
    output:
        f"{RESULTS}/tables/calibration.csv",
    log:
        f"{RESULTS}/logs/tabulate_calibration.log",
    benchmark:
        f"{RESULTS}/benchmarks/tabulate_calibration.tsv"
    localrule: True
    conda:
        ENVIRONMENT
    resources:
        mem_mb=MEMORY,
    params:
        seeds=next(spell_blocks(config["first_seed"], 1, config["seed_block"])),
        hidden_layers=config["hidden_layers"],
        width=config["width"],
    message:
        "calibrate LSUV on one batch and look at others"
    shell:
        command("tabulate_calibration")


rule prune:
    input:
        data=f"{RESULTS}/data/{conditions.main_dataset(config)}/standardize.npz",
        runs=run_files(["main"]),
        code=code_of("prune"),
    output:
        f"{RESULTS}/tables/pruning.csv",
    log:
        f"{RESULTS}/logs/prune.log",
    benchmark:
        f"{RESULTS}/benchmarks/prune.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=MEMORY,
    message:
        "prune the weights of the main study"
    shell:
        command("prune")


rule simulate:
    input:
        code=code_of("simulate"),
    output:
        f"{RESULTS}/tables/simulation.csv",
    log:
        f"{RESULTS}/logs/simulate.log",
    benchmark:
        f"{RESULTS}/benchmarks/simulate.tsv"
    conda:
        ENVIRONMENT
    resources:
        mem_mb=MEMORY,
    params:
        repetitions=200 if config["draft"] else 2000,
    message:
        "measure level and coverage of the statistics on made-up data"
    shell:
        command("simulate")
