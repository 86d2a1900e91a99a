"""goodinit, from raw tables to a PDF: snakemake --cores all"""

from snakemake.utils import min_version

min_version("9.14")


configfile: "config/config.yaml"


include: "workflow/rules/common.smk"
include: "workflow/rules/data.smk"
include: "workflow/rules/training.smk"
include: "workflow/rules/statistics.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/paper.smk"


localrules:
    all,
    figures,
    tables,
    claims,
    notebooks,
    runs,
    main,
    data,
    stability,
    initializers,
    overfitting,


rule all:
    default_target: True
    input:
        [f"{RESULTS}/report.pdf"] if "main" in ENABLED else [],
        figure_files(*ENABLED),
        table_files(*ENABLED),
        card_files(),
        rules.judge.output,
        rules.account.output,


rule figures:
    input:
        figure_files(*ENABLED),


rule tables:
    input:
        table_files(*ENABLED),


rule claims:
    input:
        rules.judge.output,


rule notebooks:
    input:
        expand("{results}/notebooks/{figure}.html", results=RESULTS, figure=FIGURES),


rule runs:
    input:
        run_files(*ENABLED),


# one target per study: its runs, its figures


rule main:
    input:
        run_files("main"),
        figure_files("main"),


rule data:
    input:
        run_files("data"),
        figure_files("data"),


rule stability:
    input:
        run_files("stability"),
        figure_files("stability"),


rule initializers:
    input:
        run_files("initializers"),


rule overfitting:
    input:
        run_files("overfitting"),
        figure_files("overfitting"),
