"""Tidy tables to figures: one jupytext notebook each, run as a script; and the same as HTML to read."""


rule draw:
    input:
        tables=tables_of,
        notebook=own("workflow/notebooks/{figure}.py"),
        code=code_of_figure,
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
    localrule: True
    conda:
        ENVIRONMENT
    resources:
        mem_mb=MEMORY,
    message:
        "draw {wildcards.figure}"
    shell:
        command("draw")


rule execute:
    input:
        figure=rules.draw.output.pdf,
        tables=tables_of,
        notebook=rules.draw.input.notebook,
        code=code_of_figure,
    output:
        f"{RESULTS}/notebooks/{{figure}}.html",
    log:
        f"{RESULTS}/logs/execute/{{figure}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/execute/{{figure}}.tsv"
    localrule: True
    conda:
        ENVIRONMENT
    resources:
        mem_mb=MEMORY,
    params:
        source=Path(own("src")).resolve(),
        jupyter=Path(own("workflow")).resolve(),
        results=Path(RESULTS).resolve(),
        folder=subpath(output[0], parent=True),
    message:
        "execute the notebook {wildcards.figure}"
    shell:
        "export PYTHONPATH={params.source:q} GOODINIT_RESULTS={params.results:q} JUPYTER_PATH={params.jupyter:q};"
        " jupytext --to notebook --output - {input.notebook:q} 2> {log:q}"
        " | jupyter nbconvert --stdin --execute --ExecutePreprocessor.kernel_name=goodinit --to html"
        " --output-dir {params.folder:q} --output {wildcards.figure} 2>> {log:q}"
