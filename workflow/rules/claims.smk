"""Run files and tables to verdicts."""


rule judge:
    input:
        runs=run_files(conditions.STUDIES),
        shapes=rules.tabulate_shapes.output,
        calibration=rules.tabulate_calibration.output,
        pruning=rules.prune.output if TABLES["pruning"] in tables_in(config, ["main"]) else [],
        code=code_of("judge"),
    output:
        claims=f"{RESULTS}/claims.csv",
        others=f"{RESULTS}/claims-by-dataset.csv",
        verdicts=f"{RESULTS}/tables/verdicts.csv",
    log:
        f"{RESULTS}/logs/judge.log",
    benchmark:
        f"{RESULTS}/benchmarks/judge.tsv"
    conda:
        ENVIRONMENT
    resources:
        mem_mb=MEMORY,
    params:
        dataset=conditions.main_dataset(config),
        scaling="standardize",
        control=config["control"],
        compared=["/".join(one) for one in conditions.prepared(config)],
        peaks=config["peaks"],
    message:
        "give every claim its verdict"
    shell:
        command("judge")
