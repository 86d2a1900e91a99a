"""Tables, figures and verdicts to the report."""


rule cite:
    input:
        escape=f"{RESULTS}/tables/escape.csv",
        sweep=f"{RESULTS}/tables/sweep.csv",
        remedies=table_if_made("remedies"),
        overfitting=table_if_made("overfitting"),
        simulation=rules.simulate.output if config["report"] == "article" else [],
        claims=rules.judge.output.claims,
        others=rules.judge.output.others,
        caption=own("workflow/report/figure.rst"),
        cards=card_files(),
        code=code_of("cite"),
    output:
        numbers=f"{RESULTS}/numbers.json",
        tex=expand(f"{RESULTS}/tex/{{name}}.tex", name=CITED.split()),
    log:
        f"{RESULTS}/logs/cite.log",
    benchmark:
        f"{RESULTS}/benchmarks/cite.tsv"
    localrule: True
    conda:
        ENVIRONMENT
    resources:
        mem_mb=MEMORY,
    params:
        config=json.dumps(config, sort_keys=True),
        figures=json.dumps(origins()),
        results=subpath(output.numbers, parent=True),
    message:
        "write the numbers of the report"
    shell:
        command("cite")


rule proofread:
    input:
        text=text_files(),
        numbers=rules.cite.output.numbers,
        code=code_of("proofread"),
    output:
        unused=f"{RESULTS}/tex/unused-keys.txt",
        turned=f"{RESULTS}/tex/turned.tex",
    log:
        f"{RESULTS}/logs/proofread.log",
    benchmark:
        f"{RESULTS}/benchmarks/proofread.tsv"
    localrule: True
    conda:
        ENVIRONMENT
    resources:
        mem_mb=MEMORY,
    message:
        "look for numbers typed by hand and sentences that no longer hold"
    shell:
        command("proofread")


rule account:
    input:
        rules.judge.output,
        figure_files(SHOWN),
        code=code_of("account"),
    output:
        provenance=f"{RESULTS}/provenance.json",
        tex=f"{RESULTS}/tex/account.tex",
    log:
        f"{RESULTS}/logs/account.log",
    localrule: True
    conda:
        ENVIRONMENT
    resources:
        mem_mb=MEMORY,
    params:
        project=own("."),
        benchmarks=f"{RESULTS}/benchmarks",
        device=config["device"],
    message:
        "write what the results were computed with and at what cost"
    shell:
        command("account")


rule report:
    input:
        style=own("paper/style.tex"),
        text=rules.proofread.input.text,
        turned=rules.proofread.output.turned,
        account=rules.account.output.tex if config["provenance"] == "full" else [],
        bibliography=own("paper/references.bib"),
        cited=rules.cite.output,
        figures=figure_files(SHOWN),
    output:
        f"{RESULTS}/report.pdf",
    log:
        f"{RESULTS}/logs/report.log",
    benchmark:
        f"{RESULTS}/benchmarks/report.tsv"
    localrule: True
    conda:
        ENVIRONMENT
    resources:
        mem_mb=MEMORY,
    params:
        paper=subpath(input.style, parent=True),
        build=f"{RESULTS}/tex/build",
        main=main_tex(RESULTS),
    message:
        "typeset the report"
    shell:
        # latexmk where there is a TeX; tectonic is what the conda environment brings
        "mkdir -p {params.build} && printf '%s\\n' {params.main:q} > {params.build}/main.tex &&"
        " if command -v latexmk > /dev/null; then"
        " TEXINPUTS={params.paper:q}//: BIBINPUTS={params.paper:q}: latexmk -pdf -halt-on-error -interaction=nonstopmode"
        " -file-line-error -outdir={params.build} {params.build}/main.tex;"
        " else tectonic -Z search-path=. -Z search-path={params.paper:q} -Z search-path={params.paper:q}/sections --outdir {params.build} {params.build}/main.tex; fi"
        " > {log} 2>&1 && mv {params.build}/main.pdf {output}"


rule explore:
    input:
        judged=rules.judge.output.claims,
        others=rules.judge.output.others,
        numbers=rules.cite.output.numbers if "main" in ENABLED else [],
        text=rules.proofread.input.text if "main" in ENABLED else [],
        report=rules.report.output if "main" in ENABLED else [],
        # the page's table of claims draws the verdicts
        drawings=[path for path in figure_files(SHOWN) if path.endswith(".svg") and Path(path).stem != "verdicts"],
        tables=table_files(MADE),
        cards=card_files(),
        caption=own("workflow/report/figure.rst"),
        template=own("workflow/report/page.html"),
        look=[own(f"workflow/report/page.{suffix}") for suffix in ("css", "js")],
        code=code_of("explore"),
    output:
        page=f"{RESULTS}/report.html",
    log:
        f"{RESULTS}/logs/explore.log",
    benchmark:
        f"{RESULTS}/benchmarks/explore.tsv"
    localrule: True
    conda:
        ENVIRONMENT
    resources:
        mem_mb=MEMORY,
    params:
        config=json.dumps(config, sort_keys=True),
    message:
        "write the page to explore"
    shell:
        command("explore")


rule pack:
    input:
        report=rules.report.output,
        figures=[path for path in rules.report.input.figures if path.endswith(".pdf")],
        style=rules.report.input.style,
        text=rules.report.input.text,
        bibliography=rules.report.input.bibliography,
        cited=[*rules.cite.output.tex, rules.report.input.turned],
        account=rules.report.input.account,
    output:
        f"{RESULTS}/report-source.tar.gz",
    log:
        f"{RESULTS}/logs/pack.log",
    localrule: True
    conda:
        ENVIRONMENT
    resources:
        mem_mb=MEMORY,
    params:
        build=rules.report.params.build,
        folder=f"{RESULTS}/tex/source",
        main=main_tex("results"),
    message:
        "pack the report's source"
    shell:
        # the bibliography comes along ready made, as archives ask for; the same content gives the same bytes
        "(rm -rf {params.folder} && mkdir -p {params.folder}/results/tex"
        " {params.folder}/results/figures && printf '%s\\n' {params.main:q} > {params.folder}/main.tex"
        " && cp {input.style} {input.text} {input.bibliography} {params.folder}"
        " && find {params.build} -name main.bbl -exec cp {{}} {params.folder} \\; && cp {input.cited} {input.account} {params.folder}/results/tex"
        " && cp {input.figures} {params.folder}/results/figures"
        " && tar --create --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner --directory {params.folder} ."
        " | gzip --no-name > {output}) 2> {log}"


rule bundle:
    input:
        report=rules.report.output,
        source=rules.pack.output,
        claims=rules.judge.output,
        numbers=rules.cite.output.numbers,
        tables=table_files(tables_in(config, ENABLED)),
        reference=own("paper/reference.json"),
        citation=own("CITATION.cff"),
    output:
        f"{RESULTS}/release.tar.gz",
    log:
        f"{RESULTS}/logs/bundle.log",
    localrule: True
    conda:
        ENVIRONMENT
    resources:
        mem_mb=MEMORY,
    params:
        folder=f"{RESULTS}/tex/release",
    message:
        "bundle a release"
    shell:
        # SHA256SUMS is checked where it lies: sha256sum --check SHA256SUMS
        "(rm -rf {params.folder} && mkdir -p {params.folder}/tables && cp {input.tables} {params.folder}/tables"
        " && cp {input.report} {input.source} {input.claims} {input.numbers} {input.reference} {input.citation}"
        " {params.folder} && (cd {params.folder} && LC_ALL=C sha256sum *.* tables/* > SHA256SUMS)"
        " && tar --create --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner --directory {params.folder} ."
        " | gzip --no-name > {output}) 2> {log}"
