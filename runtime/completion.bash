# Completion of ply for bash: source <(ply --completion bash), or as a file in bash-completion's folder.

_ply() {
    local line=${COMP_LINE:0:COMP_POINT} word file= expect= each
    local -a before
    COMPREPLY=()
    word=${line##*[[:blank:]]}
    read -ra before <<<"${line%"$word"}"
    for each in "${before[@]:1}"; do
        if [[ $expect ]]; then
            expect=
        elif [[ $each == -- ]]; then
            _ply_command
            return
        elif [[ ! $file ]]; then
            case $each in
            @valued@) expect=$each ;;
            -*) ;;
            *) file=$each ;;
            esac
        fi
    done
    case ${before[-1]} in
    -l|--list|-h|--help) expect=${before[-1]} ;;
    esac
    if [[ ! $expect$file && $word == --*=* ]]; then
        expect=${word%%=*}
        word=${word#*=}
    fi
    if [[ $expect && $word != -* ]]; then
        case $expect in
@values@
        esac
    elif [[ $file == fmt ]]; then
        if [[ $word == -* ]]; then _ply_words "@fmt@"; else _ply_files; fi
    elif [[ $file ]]; then
        if [[ $word == -* ]]; then _ply_script_options; else _ply_files; fi
    elif [[ $word == -* ]]; then
        _ply_words "@options@"
    elif [[ $word == [\'\"]* ]]; then
        _ply_probes
    else
        _ply_files
        if [[ fmt == "$word"* ]]; then COMPREPLY+=(fmt); fi
    fi
}

_ply_words() {
    mapfile -t COMPREPLY < <(compgen -W "$1" -- "$word")
    _ply_without_colons
}

_ply_files() {
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -f -- "$word")
}

_ply_pids() {
    mapfile -t COMPREPLY < <(cd /proc && compgen -d -X '!+([0-9])' -- "$word")
}

# Also as the first word of a program that is being typed between quotes.
_ply_probes() {
    local start=${word#[\'\"]} quote=
    if [[ $start != "$word" ]]; then quote=1; fi
    if [[ $start == *:* ]]; then
        mapfile -t COMPREPLY < <(ply -l "$start*" 2>/dev/null)
        COMPREPLY=("${COMPREPLY[@]%%  *}")
    else
        compopt -o nospace 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -W "@providers@" -- "$start")
    fi
    if [[ ! $quote ]]; then _ply_without_colons; fi
}

# Bash takes what is before a colon for a word of its own, so it must not be there twice.
_ply_without_colons() {
    if [[ $word == *:* && $COMP_WORDBREAKS == *:* ]]; then
        COMPREPLY=("${COMPREPLY[@]#"${word%"${word##*:}"}"}")
    fi
}

_ply_script_options() {
    local found
    found=$(ply "${file/#\~\//$HOME/}" --help 2>/dev/null | sed -n 's/^  \(--[a-z0-9-]*\).*/\1/p')
    _ply_words "$found"
}

_ply_command() {
    local place
    for ((place = 1; place < COMP_CWORD; place++)); do
        if [[ ${COMP_WORDS[place]} == -- ]]; then break; fi
    done
    if declare -F _command_offset >/dev/null; then
        _command_offset $((place + 1))
    elif ((COMP_CWORD == place + 1)); then
        mapfile -t COMPREPLY < <(compgen -c -- "$word")
    else
        _ply_files
    fi
}

shopt -s extglob
complete -F _ply ply
