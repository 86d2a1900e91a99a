"""Raw files to arrays: fetch, describe, prepare."""


rule fetch:
    input:
        own=own_file,
        code=code_of("fetch"),
    output:
        f"{RESULTS}/raw/{{dataset}}/{{file}}",
    log:
        f"{RESULTS}/logs/fetch/{{dataset}}/{{file}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/fetch/{{dataset}}/{{file}}.tsv"
    localrule: True
    conda:
        ENVIRONMENT
    resources:
        mem_mb=MEMORY,
    params:
        source=source,
    message:
        "fetch {wildcards.file} of {wildcards.dataset}"
    shell:
        command("fetch")


rule describe:
    input:
        raw=raw_files,
        code=code_of("describe"),
    output:
        f"{RESULTS}/data/{{dataset}}/card.json",
    log:
        f"{RESULTS}/logs/describe/{{dataset}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/describe/{{dataset}}.tsv"
    localrule: True
    conda:
        ENVIRONMENT
    resources:
        mem_mb=MEMORY,
    params:
        reading=reading,
        train_rows=config["train_rows"],
        valid_rows=config["valid_rows"],
        split=split_of,
    message:
        "describe {wildcards.dataset}"
    shell:
        command("describe")


rule prepare:
    input:
        raw=raw_files,
        code=code_of("prepare"),
    output:
        f"{RESULTS}/data/{{dataset}}/{{scaling}}.npz",
    log:
        f"{RESULTS}/logs/prepare/{{dataset}}/{{scaling}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/prepare/{{dataset}}/{{scaling}}.tsv"
    localrule: True
    conda:
        ENVIRONMENT
    resources:
        mem_mb=MEMORY,
    params:
        reading=reading,
        train_rows=config["train_rows"],
        valid_rows=config["valid_rows"],
        split=split_of,
    message:
        "prepare {wildcards.dataset}, scaling {wildcards.scaling}"
    shell:
        command("prepare")
