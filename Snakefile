"""goodinit, from raw tables to a PDF: snakemake --cores all"""


include: "workflow/Snakefile"


workflow.default_target = "all"  # an included file cannot say so itself
