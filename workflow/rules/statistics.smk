"""Run files to tidy tables, one per figure and one per result."""


rule tabulate:
    input:
        runs=runs_of_table,
        sources=sources("tabulate"),
    output:
        f"{RESULTS}/tables/{{table}}.csv",
    log:
        f"{RESULTS}/logs/tabulate/{{table}}.log",
    conda:
        ENVIRONMENT
    message:
        "tabulate {wildcards.table}"
    shell:
        "python -m goodinit tabulate --table {wildcards.table} --runs {input.runs} --output {output} 2> {log}"
