#!/usr/bin/env bash
# The steps of action.yml. What the workflow gives comes in environment variables and is checked here; nothing of it is ever part of
# a script's text.
set -euo pipefail

fail() {
    # On standard error, where no caller captures it; the runner reads commands there too.
    printf '::error title=migsafe::%s\n' "$1" >&2
    exit 2
}

# one_of NAME VALUE ALLOWED...
one_of() {
    local name=$1 value=$2 allowed
    shift 2
    for allowed; do
        [ "$value" = "$allowed" ] && return
    done
    fail "the input $name is one of: $*"
}

# What a built program depends on, so that a cached one is used for its own source only.
key() {
    local hash
    hash=$(cd "$GITHUB_ACTION_PATH" && find src Cargo.toml Cargo.lock -type f -exec git hash-object {} + | sort | git hash-object --stdin)
    printf 'key=migsafe-%s-%s-%s\n' "$RUNNER_OS" "$RUNNER_ARCH" "$hash" >>"$GITHUB_OUTPUT"
}

install() {
    if [ -x "$MIGSAFE_HOME/bin/migsafe" ]; then
        return
    fi
    cargo install --locked --path "$GITHUB_ACTION_PATH" --root "$MIGSAFE_HOME"
}

# The revision that the pull request is merged into. A shallow checkout is deepened until both have a common history: to the
# parents of the merge that GitHub made, further, and in the end to the beginning.
base() {
    local base=${INPUT_BASE:-} depth
    case $base in
        -*) fail 'the input base is a revision' ;;
    esac
    if [ -z "$base" ] && [ -n "$EVENT_BASE" ]; then
        base=$EVENT_BASE
        for depth in 2 100 2147483647; do
            git merge-base "$base" HEAD >/dev/null 2>&1 && break
            git fetch --quiet --no-tags --depth="$depth" origin "$base" "$(git rev-parse HEAD)" >&2 ||
                fail "the base $base cannot be fetched: check out with fetch-depth: 0"
        done
    fi
    printf '%s' "$base"
}

lint() {
    local migsafe=$MIGSAFE_HOME/bin/migsafe reports=$RUNNER_TEMP/migsafe-reports code=0 base path
    # Never empty: an empty array is an error in the bash of macOS.
    local -a options=(lint) paths=(--)
    one_of fail-on "$INPUT_FAIL_ON" '' error warning info
    one_of upload-sarif "$INPUT_UPLOAD_SARIF" true false
    one_of comment "$INPUT_COMMENT" true false
    cd -- "$GITHUB_WORKSPACE/$INPUT_WORKING_DIRECTORY" || fail 'the input working-directory is no directory of the repository'
    case $(pwd -P)/ in
        "$(cd "$GITHUB_WORKSPACE" && pwd -P)"/*) ;;
        *) fail 'the input working-directory lies in the repository' ;;
    esac
    base=$(base) || exit
    [ -z "$base" ] || options+=("--base=$base")
    [ -z "$INPUT_FAIL_ON" ] || options+=("--fail-on=$INPUT_FAIL_ON")
    [ -z "$INPUT_CONFIG" ] || options+=("--config=$INPUT_CONFIG")
    while IFS= read -r path; do
        [ -z "$path" ] || paths+=("$path")
    done <<<"$INPUT_PATHS"

    mkdir -p "$reports"
    # The annotations are commands to the runner on standard output; the same findings go to the files.
    "$migsafe" "${options[@]}" --format=github "${paths[@]}" || code=$?
    if [ "$code" -le 1 ]; then
        "$migsafe" "${options[@]}" --quiet --format=sarif --output="$reports/migsafe.sarif" "${paths[@]}" 2>/dev/null || [ $? -eq 1 ]
        "$migsafe" "${options[@]}" --quiet --format=markdown --output="$reports/comment.md" "${paths[@]}" 2>/dev/null || [ $? -eq 1 ]
        cat "$reports/comment.md" >>"$GITHUB_STEP_SUMMARY"
        printf 'sarif=%s\ncomment=%s\n' "$reports/migsafe.sarif" "$reports/comment.md" >>"$GITHUB_OUTPUT"
    fi
    printf 'exit-code=%s\n' "$code" >>"$GITHUB_OUTPUT"
}

# Writes the comment, or writes its own earlier one anew. A token that may not is told and is no failure.
comment() {
    local marker='<!-- migsafe -->' own written
    [[ $PULL_REQUEST =~ ^[0-9]+$ ]] || fail 'there is no pull request to comment on'
    own=$(gh api --paginate "repos/$GITHUB_REPOSITORY/issues/$PULL_REQUEST/comments?per_page=100" \
        --jq ".[] | select(.user.type == \"Bot\" and (.body | startswith(\"$marker\"))) | .id") || own=''
    own=${own%%$'\n'*}
    if [ -n "$own" ]; then
        written=$(gh api --method PATCH "repos/$GITHUB_REPOSITORY/issues/comments/$own" -F "body=@$COMMENT" --jq .html_url) || written=''
    elif grep -q '^### migsafe: no migration is pending$' "$COMMENT"; then
        return
    else
        written=$(gh api --method POST "repos/$GITHUB_REPOSITORY/issues/$PULL_REQUEST/comments" -F "body=@$COMMENT" --jq .html_url) || written=''
    fi
    if [ -z "$written" ]; then
        printf '::notice title=migsafe::no comment was written: the workflow needs "permissions: pull-requests: write"; pull requests from forks never have it\n'
    fi
}

# The job's result is that of the findings.
result() {
    exit "$EXIT_CODE"
}

case ${1:-} in
    key | install | lint | comment | result) "$1" ;;
    *) fail "unknown step: ${1:-none}" ;;
esac
