# The terminal and the directory of an SSH session, sourced by login shells, and by bash for a command of sshd.

# A terminal that is unknown here is treated as the one that most terminals are compatible with.
case ${TERM-} in
    '' | */* | dumb | linux | screen* | tmux* | xterm | xterm-256color) ;;
    *)
        for _containai_terms in "${TERMINFO:-/nonexistent}" ~/.terminfo /etc/terminfo /lib/terminfo /usr/share/terminfo ''; do
            [ -e "$_containai_terms/${TERM%"${TERM#?}"}/$TERM" ] && break
        done
        [ -n "$_containai_terms" ] || export TERM=xterm-256color
        unset _containai_terms
        ;;
esac

# sshd starts in the home directory. Commands without a terminal stay there: programs that transfer files give them paths
# relative to it. Shells that a session starts keep their directory.
if [ -n "${SSH_TTY-}" ]; then
    # The link exists where `devcontainer.json` names another folder.
    [ -n "${CONTAINAI_SESSION-}" ] || [ "$PWD" != "$HOME" ] || cd -P /usr/lib/containai/session-folder 2>/dev/null ||
        cd ~/workspace 2>/dev/null || :
    export CONTAINAI_SESSION=1
fi
