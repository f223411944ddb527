# Imported shell settings for interactive bash, sourced at the end of ~/.bashrc. zsh reads its own files through links.
_containai_shell=/mnt/agent-data/shell

# Prints the settings of zsh's files that mean the same in bash: variables, aliases, and directories appended to the
# path. Values that run commands are excluded, and so is the path itself, on which the wrappers of agents must come first.
_containai_of_zsh() {
    local value='("([^"\`$]|\$[A-Za-z_]|\$\{[A-Za-z_][A-Za-z0-9_]*\})*"|'\''[^'\'']*'\''|([A-Za-z0-9_./:@%+,~-]|\$[A-Za-z_]|\$\{[A-Za-z_][A-Za-z0-9_]*\})*)'
    cat "$@" 2>/dev/null | sed -nE \
        -e '/^export +PATH=/d' \
        -e "/^export +[A-Za-z_][A-Za-z0-9_]*=$value *\$/p" \
        -e "/^alias +[A-Za-z0-9_.:+-]+=$value *\$/p" \
        -e '/^path\+=/{
            s/^path\+=\(? *//
            s/ *\)? *$//
            /^[A-Za-z0-9_.\/$~ -]+$/!d
            s/ +/:/g
            s/^/PATH=$PATH:/p
        }'
}

# Returns whether a locale is installed; bash warns about others on every command.
_containai_has_locale() {
    case $1 in '' | C | POSIX | C.UTF-8 | C.utf8) return 0 ;; esac
    local name=${1/UTF-8/utf8}
    locale -a 2>/dev/null | grep -qixF -- "${name/utf-8/utf8}"
}

# Returns whether a program, function, builtin or keyword has this name, whatever its alias is. No process is started:
# people have hundreds of aliases.
_containai_exists() {
    type -P -- "$1" >/dev/null || declare -F -- "$1" >/dev/null || case $_containai_builtins in
        *$'\n'"$1"$'\n'*) ;;
        *) return 1 ;;
    esac
}

# Returns whether what a command line starts exists here: LINE [ALIAS [DEPTH]].
_containai_runs() {
    local words word
    read -ra words <<< "$1"
    for word in "${words[@]}"; do
        case $word in
            *=* | sudo | command | builtin | noglob | nocorrect | exec | env | time | -*) continue ;;
            [\$\(\{\"\'\`]*) return 0 ;;
        esac
        word=${word#\\}
        word=${word/#\~/$HOME}
        # An alias is not expanded in itself, and the expansion can be another alias.
        if [ "$word" != "${2-}" ] && [ -n "${BASH_ALIASES[$word]+x}" ] && [ "${3-0}" -lt 9 ]; then
            _containai_runs "${BASH_ALIASES[$word]}" "$word" $((${3-0} + 1))
        else
            _containai_exists "$word"
        fi
        return
    done
    return 0
}

# Applies a line of _containai_of_zsh, unless it names a locale or a path that does not exist here.
_containai_apply() {
    local line=$1 value=
    case $line in
        'export '*)
            eval "value=${line#*=}"
            case ${line#export } in
                LANG=* | LC_*=* | LANGUAGE=*) _containai_has_locale "$value" || return ;;
                JAVA_HOME=* | GOROOT=* | PYTHONHOME=*) [ -e "$value" ] || return ;;
            esac
            case $value in
                "$HOME" | "$HOME"/* | *:*) ;;
                /*) [ -e "$value" ] || return ;;
            esac
            ;;
    esac
    eval "$line"
}

# Undoes settings that name what exists only on the host: programs behind an alias that hides a program of the
# container, editors and pagers, directories and sockets.
_containai_undo() {
    local name _containai_builtins
    _containai_builtins=$'\n'$(compgen -b -k)$'\n'
    for name in "${!BASH_ALIASES[@]}"; do
        if _containai_exists "$name" && ! _containai_runs "${BASH_ALIASES[$name]}" "$name"; then
            unalias -- "$name"
        fi
    done
    for name in EDITOR VISUAL PAGER MANPAGER GIT_EDITOR GIT_PAGER BROWSER; do
        [ -z "${!name-}" ] || _containai_runs "${!name}" || unset "$name"
    done
    _containai_has_locale "${LC_ALL-}" || unset LC_ALL
    _containai_has_locale "${LANG-}" || LANG=C.UTF-8
    [ -x "${SHELL-}" ] || SHELL=/bin/bash
    [ -d "${TMPDIR-/tmp}" ] || unset TMPDIR
    [ -S "${SSH_AUTH_SOCK-}" ] || export SSH_AUTH_SOCK=/run/containai/agent.sock
    case ${DOCKER_HOST-} in unix://*) [ -S "${DOCKER_HOST#unix://}" ] || unset DOCKER_HOST ;; esac
}

if [ -s $_containai_shell/zshenv ] || [ -s $_containai_shell/zprofile ] || [ -s $_containai_shell/zshrc ]; then
    while IFS= read -r _containai_line; do
        _containai_apply "$_containai_line"
    done < <(_containai_of_zsh $_containai_shell/zshenv $_containai_shell/zprofile $_containai_shell/zshrc)
    _containai_line=applied
fi
for _containai_file in ~/.bash_aliases_imported $_containai_shell/bashrc.d/*; do
    if [ -f "$_containai_file" ] && [ -r "$_containai_file" ]; then
        . "$_containai_file"
        _containai_line=sourced
    fi
done
[ -z "${_containai_line-}" ] || _containai_undo
unset -f _containai_of_zsh _containai_has_locale _containai_exists _containai_runs _containai_apply _containai_undo
unset _containai_shell _containai_file _containai_line
