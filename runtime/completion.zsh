#compdef ply
# Completion of ply for zsh: source <(ply --completion zsh) after compinit, or as the file _ply in a folder of $fpath.

_ply() {
    local -i place
    local each file expect
    for ((place = 2; place < CURRENT; place++)); do
        each=$words[place]
        if [[ -n $expect ]]; then
            expect=
        elif [[ $each == -- ]]; then
            words=("${(@)words[place + 1,-1]}")
            ((CURRENT -= place))
            _normal
            return
        elif [[ -z $file ]]; then
            case $each in
            (@valued@) expect=$each ;;
            (-*) ;;
            (*) file=${(Q)each} ;;
            esac
        fi
    done
    if [[ $file == fmt ]]; then
        if [[ $PREFIX == -* ]]; then compadd -- @fmt@; else _files; fi
    elif [[ -n $file ]]; then
        if [[ $PREFIX == -* ]]; then _ply_script_options $file; else _files; fi
    else
        _arguments -s -S \
@specs@ \
        '1: :_ply_first'
    fi
}

_ply_first() {
    if [[ -n $QIPREFIX || $PREFIX == *:* ]]; then
        _ply_probes
    else
        _alternative 'scripts:script:_files' 'words:word:(fmt)'
    fi
}

_ply_files() {
    _files
}

_ply_pids() {
    _pids
}

_ply_probes() {
    local -a found
    if [[ $PREFIX == *:* ]]; then
        found=(${(f)"$(ply -l "$PREFIX*" 2>/dev/null)"})
        compadd -- ${found%%  *}
    else
        compadd -S '' -- @providers@
    fi
}

_ply_script_options() {
    local -a found
    found=(${(f)"$(ply ${1/#\~\//$HOME/} --help 2>/dev/null | sed -n 's/^  \(--[a-z0-9-]*\).*/\1/p')"})
    compadd -- $found
}

if [[ $funcstack[1] == _ply ]]; then
    _ply "$@"
else
    compdef _ply ply
fi
