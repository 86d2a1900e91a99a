"""Tables and figures to the report."""


rule cite:
    input:
        escape=f"{RESULTS}/tables/escape.csv",
        simulation=f"{RESULTS}/tables/simulation.csv",
        claims=rules.judge.output.claims,
        others=rules.judge.output.others,
        captions=expand("workflow/captions/{figure}.rst", figure=FIGURES),
        cards=card_files(),
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
        config=json.dumps({key: value for key, value in config.items() if key != "captions"}, sort_keys=True),
        origins=json.dumps(origins()),
        results=lambda wildcards, output: Path(output[0]).parent,
    message:
        "write the numbers of the report"
    shell:
        "python -m goodinit cite --escape {input.escape} --claims {input.claims} --others {input.others}"
        " --simulation {input.simulation} --cards {input.cards} --captions {input.captions} --origins {params.origins:q}"
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
        device=config["device"],
    message:
        "write what the results were computed with and at what cost"
    shell:
        "python -m goodinit account --benchmarks {params.benchmarks} --device {params.device} --output {output.json}"
        " --tex {output.tex} 2> {log}"


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


rule pack:
    input:
        report=rules.report.output,
        figures=rules.report.input.figures,
        tex=rules.report.input.tex,
        sections=rules.report.input.sections,
        bibliography=rules.report.input.bibliography,
        cited=[path for path in rules.cite.output if path.endswith(".tex")],
        account=rules.report.input.account,
    output:
        f"{RESULTS}/report-source.tar.gz",
    log:
        f"{RESULTS}/logs/pack.log",
    conda:
        ENVIRONMENT
    params:
        build=rules.report.params.build,
        folder=lambda wildcards, output: Path(output[0]).parent / "tex/source",
        pdfs=lambda wildcards, input: [path for path in input.figures if path.endswith(".pdf")],
        main=lambda wildcards: MAIN_TEX.replace(f"{{{RESULTS}}}", "{results}", 1),
    message:
        "pack the report's source"
    shell:
        # the bibliography comes along ready made, as archives ask for; the same content gives the same bytes
        "(rm -rf {params.folder} && mkdir -p {params.folder}/sections {params.folder}/results/tex"
        " {params.folder}/results/figures && printf '%s\\n' {params.main:q} > {params.folder}/main.tex"
        " && cp {input.tex} {input.bibliography} {params.folder} && cp {input.sections} {params.folder}/sections"
        " && cp {params.build}/main.bbl {params.folder} && cp {input.cited} {input.account} {params.folder}/results/tex"
        " && cp {params.pdfs} {params.folder}/results/figures"
        " && tar --create --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner --directory {params.folder} ."
        " | gzip --no-name > {output}) 2> {log}"
