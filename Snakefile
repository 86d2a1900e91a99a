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


rule figures:
    input:
        expand("{results}/figures/{figure}.{suffix}", results=RESULTS, figure=FIGURES, suffix=["pdf", "svg"]),


rule tables:
    input:
        expand("{results}/tables/{table}.csv", results=RESULTS, table=[*FIGURES, "escape", "comparisons"]),


rule all:
    default_target: True
    input:
        f"{RESULTS}/report.pdf",
        rules.figures.input,
        rules.tables.input,


for study in conditions.STUDIES:

    rule:
        name: study
        input:
            run_files(study),
