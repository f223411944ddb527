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

if [ -s $_containai_shell/zshenv ] || [ -s $_containai_shell/zprofile ] || [ -s $_containai_shell/zshrc ]; then
    eval "$(_containai_of_zsh $_containai_shell/zshenv $_containai_shell/zprofile $_containai_shell/zshrc)"
fi
for _containai_file in ~/.bash_aliases_imported $_containai_shell/bashrc.d/*; do
    if [ -f "$_containai_file" ] && [ -r "$_containai_file" ]; then
        . "$_containai_file"
    fi
done
unset -f _containai_of_zsh
unset _containai_shell _containai_file
