"""Tidy tables to figures: one jupytext notebook each, run as a script."""


rule draw:
    input:
        tables=lambda wildcards: tables_of(wildcards.figure),
        notebook="workflow/notebooks/{figure}.py",
        sources=sources("draw"),
    output:
        pdf=f"{RESULTS}/figures/{{figure}}.pdf",
        svg=report(
            f"{RESULTS}/figures/{{figure}}.svg",
            caption="../report/{figure}.rst",
            category=section,
            labels={"figure": "{figure}"},
        ),
    log:
        f"{RESULTS}/logs/draw/{{figure}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/draw/{{figure}}.tsv"
    conda:
        ENVIRONMENT
    message:
        "draw {wildcards.figure}"
    shell:
        "python -m goodinit draw --notebook {input.notebook} --output {output.pdf} 2> {log}"
