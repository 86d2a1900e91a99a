"""Tidy tables to figures: one jupytext notebook each, run as a script; and the same as HTML to read."""


rule draw:
    input:
        tables=lambda wildcards: tables_of(wildcards.figure),
        notebook="workflow/notebooks/{figure}.py",
        sources=sources("draw"),
    output:
        pdf=f"{RESULTS}/figures/{{figure}}.pdf",
        svg=report(
            f"{RESULTS}/figures/{{figure}}.svg",
            caption="../report/figure.rst",
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


rule execute:
    input:
        figure=f"{RESULTS}/figures/{{figure}}.pdf",
        tables=lambda wildcards: tables_of(wildcards.figure),
        notebook="workflow/notebooks/{figure}.py",
        sources=sources("draw"),
    output:
        f"{RESULTS}/notebooks/{{figure}}.html",
    log:
        f"{RESULTS}/logs/execute/{{figure}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/execute/{{figure}}.tsv"
    conda:
        ENVIRONMENT
    params:
        results=Path(RESULTS).resolve(),
        folder=lambda wildcards, output: Path(output[0]).parent,
    message:
        "execute the notebook {wildcards.figure}"
    shell:
        "export GOODINIT_RESULTS={params.results:q}; jupytext --to notebook --output - {input.notebook} 2> {log}"
        " | jupyter nbconvert --stdin --execute --to html --output-dir {params.folder:q} --output {wildcards.figure}"
        " 2>> {log}"
