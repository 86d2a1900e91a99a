"""Tables and figures to the report."""


rule cite:
    input:
        escape=f"{RESULTS}/tables/escape.csv",
        simulation=f"{RESULTS}/tables/simulation.csv",
        claims=rules.judge.output.claims,
        others=rules.judge.output.others,
        captions=expand("workflow/report/{figure}.rst", figure=FIGURES),
        card=f"{RESULTS}/data/{conditions.main_dataset(config)}/card.json",
        sources=sources("cite"),
    output:
        expand("{results}/{name}", results=RESULTS, name=CITED),
    log:
        f"{RESULTS}/logs/cite.log",
    benchmark:
        f"{RESULTS}/benchmarks/cite.tsv"
    conda:
        ENVIRONMENT
    params:
        config=json.dumps(config, sort_keys=True),
        origins=json.dumps(origins()),
        results=RESULTS,
    message:
        "write the numbers of the report"
    shell:
        "python -m goodinit cite --escape {input.escape} --claims {input.claims} --others {input.others}"
        " --simulation {input.simulation} --card {input.card} --captions {input.captions} --origins {params.origins:q}"
        " --config {params.config:q} --results {params.results} 2> {log}"


rule proofread:
    input:
        sections=sorted(map(str, Path("paper/sections").glob("*.tex"))),
        numbers=f"{RESULTS}/numbers.json",
        sources=sources("proofread"),
    output:
        f"{RESULTS}/tex/unused-keys.txt",
    log:
        f"{RESULTS}/logs/proofread.log",
    benchmark:
        f"{RESULTS}/benchmarks/proofread.tsv"
    conda:
        ENVIRONMENT
    message:
        "look for numbers typed by hand"
    shell:
        "python -m goodinit proofread --sections {input.sections} --numbers {input.numbers} --output {output} 2> {log}"


rule account:
    input:
        rules.judge.output,
        figure_files(*ENABLED),
        sources=sources("account"),
    output:
        json=f"{RESULTS}/provenance.json",
        tex=f"{RESULTS}/tex/account.tex",
    log:
        f"{RESULTS}/logs/account.log",
    conda:
        ENVIRONMENT
    params:
        benchmarks=f"{RESULTS}/benchmarks",
    message:
        "write what the results were computed with and at what cost"
    shell:
        "python -m goodinit account --benchmarks {params.benchmarks} --output {output.json} --tex {output.tex} 2> {log}"


rule report:
    input:
        tex="paper/report.tex",
        sections=rules.proofread.input.sections,
        proofread=rules.proofread.output,
        account=rules.account.output.tex if config["provenance"] == "full" else [],
        bibliography="paper/references.bib",
        numbers=rules.cite.output,
        figures=figure_files(*ENABLED),
    output:
        f"{RESULTS}/report.pdf",
    log:
        f"{RESULTS}/logs/report.log",
    benchmark:
        f"{RESULTS}/benchmarks/report.tsv"
    conda:
        ENVIRONMENT
    params:
        build=lambda wildcards, output: Path(output[0]).parent / "tex/build",
        main=lambda wildcards: MAIN_TEX,
    message:
        "typeset the report"
    shell:
        # latexmk where there is a TeX; tectonic is what the conda environment brings
        "mkdir -p {params.build} && printf '%s\\n' {params.main:q} > {params.build}/main.tex &&"
        " if command -v latexmk > /dev/null; then"
        " TEXINPUTS=paper: BIBINPUTS=paper: latexmk -pdf -halt-on-error -interaction=nonstopmode -file-line-error"
        " -outdir={params.build} {params.build}/main.tex;"
        " else tectonic -Z search-path=. -Z search-path=paper --outdir {params.build} {params.build}/main.tex; fi"
        " > {log} 2>&1 && mv {params.build}/main.pdf {output}"
