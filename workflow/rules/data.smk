"""Raw files to arrays: fetch, describe, prepare."""


rule fetch:
    input:
        own=own_file,
        sources=sources("fetch"),
    output:
        f"{RESULTS}/raw/{{dataset}}/{{file}}",
    log:
        f"{RESULTS}/logs/fetch/{{dataset}}/{{file}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/fetch/{{dataset}}/{{file}}.tsv"
    conda:
        ENVIRONMENT
    params:
        source=lambda wildcards: json.dumps(DATASETS[wildcards.dataset]["raw"][wildcards.file]),
    message:
        "fetch {wildcards.file} of {wildcards.dataset}"
    shell:
        "python -m goodinit fetch --source {params.source:q} --output {output} 2> {log}"


rule describe:
    input:
        raw=raw_files,
        sources=sources("describe"),
    output:
        f"{RESULTS}/data/{{dataset}}/card.json",
    log:
        f"{RESULTS}/logs/describe/{{dataset}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/describe/{{dataset}}.tsv"
    conda:
        ENVIRONMENT
    params:
        reader=lambda wildcards: DATASETS[wildcards.dataset]["reader"],
        options=reader_options,
        train_rows=config["train_rows"],
        valid_rows=config["valid_rows"],
    message:
        "describe {wildcards.dataset}"
    shell:
        "python -m goodinit describe --reader {params.reader} --raw {input.raw} --options {params.options:q}"
        " --train-rows {params.train_rows} --valid-rows {params.valid_rows} --output {output} 2> {log}"


rule prepare:
    input:
        raw=raw_files,
        sources=sources("prepare"),
    output:
        f"{RESULTS}/data/{{dataset}}/{{scaling}}.npz",
    log:
        f"{RESULTS}/logs/prepare/{{dataset}}/{{scaling}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/prepare/{{dataset}}/{{scaling}}.tsv"
    conda:
        ENVIRONMENT
    params:
        reader=lambda wildcards: DATASETS[wildcards.dataset]["reader"],
        options=reader_options,
        train_rows=config["train_rows"],
        valid_rows=config["valid_rows"],
    message:
        "prepare {wildcards.dataset}, scaling {wildcards.scaling}"
    shell:
        "python -m goodinit prepare --reader {params.reader} --raw {input.raw} --options {params.options:q}"
        " --train-rows {params.train_rows} --valid-rows {params.valid_rows} --scaling {wildcards.scaling} --output {output} 2> {log}"
