# Agent sessions in a container: `sh -c SCRIPT NAME RECORDS SOCKETS VERB [ARGUMENT]...`, run by `cai` over SSH. It is part of
# `cai` and not of the image, so that it works in every container that has tmux. Each session has a tmux server of its own,
# which inherits the environment of its SSH session: variables of one session never reach another one.
set -u
umask 077
records=$1 sockets=$2 verb=$3
shift 3
# No agent ends with it on purpose, and `cai` asks for the reason.
not_attached=119
tab=$(printf '\t')

# The time at which the container booted, in clock ticks: field 22 of proc_pid_stat(5); the program's name has no `)`.
boot() {
    read -r stat < /proc/1/stat
    # shellcheck disable=SC2086  # the fields are split
    set -- ${stat##*) }
    boot=${20}
}

of_server() { tmux -u -S "$sockets/$name" "$@" 2>/dev/null; }
is_live() { [ -S "$sockets/$name" ] && of_server has-session -t "=$name"; }
# Reads the record without another program, because `attach` has to be quick.
has_ended() {
    while read -r word _; do
        [ "$word" != ended ] || return 0
    done 2>/dev/null < "$records/$name"
    return 1
}

# Quotes $1 for a shell in $quoted.
quote() {
    quoted='' rest=$1
    while :; do
        case $rest in
            *\'*) quoted=$quoted${rest%%\'*}"'\\''" rest=${rest#*\'} ;;
            *) quoted="'$quoted$rest'"; return ;;
        esac
    done
}

# Starts the agent and records how it ended.
# shellcheck disable=SC2016  # the session's shell expands it
recorder='
start=$1 record=$2 socket=$3 name=$4 boot=$5
. "$start"
rm -f -- "$record.log"
printf "%s\nboot %s\nstarted %s\n" "$description" "$boot" "$(date +%s)" > "$record"
unset TMUX TMUX_PANE
# The agent gets the same signals, and its end is recorded.
trap : HUP INT QUIT TERM
# The shell itself reports a signal that ended the agent, which tells it from a status above 128.
exec 3>&2 2> "$start"
sh -c "exec \"\$@\" 2>&3 3>&-" sh "$@"
status=$?
exec 2>&3 3>&-
how="exit $status"
[ ! -s "$start" ] || [ "$status" -le 128 ] || how="signal $((status - 128))"
rm -f -- "$start"
tmux -u -S "$socket" capture-pane -p -S - -t "=$name:" > "$record.log" 2>/dev/null
printf "ended %s %s\n" "$(date +%s)" "$how" >> "$record"
'
# The first process of the terminal. The kernel hangs up only this one when the tmux server ends; it passes that on to the
# agent. It waits in the background, because a shell handles no signal while a command runs in the foreground.
# shellcheck disable=SC2016  # the session's shell expands it
runner='
trap "trap \"\" HUP; kill -HUP 0" HUP
trap : INT QUIT TERM
exec 4<&0
default="env --default-signal=INT --default-signal=QUIT"
$default true 2>/dev/null || exec sh -c "$@"
$default sh -c "$@" <&4 4<&- &
while kill -0 "$!" 2>/dev/null; do wait "$!"; done
'

configuration() {
    terminal=tmux-256color
    infocmp "$terminal" >/dev/null 2>&1 || terminal=screen-256color
    cat <<END
set -gq default-terminal $terminal
set -sq escape-time 10
set -sq exit-empty on
set -sq set-clipboard $1
set -sq extended-keys on
set -asq terminal-features 'xterm*:extkeys'
set -gq focus-events on
set -gq mouse on
set -gq history-limit 10000
set -gq window-size latest
set -gq aggressive-resize on
set -gq update-environment ''
set -gq visual-bell off
set -gq bell-action any
set -gq status on
set -gq status-interval 0
set -gq status-style dim
set -gq status-left ' #S '
set -gq status-left-length 40
set -gq status-right 'Ctrl-B D leaves it running '
set -gq window-status-format ''
set -gq window-status-current-format ''
set -gq automatic-rename off
set -gq allow-rename off
set -gq set-titles on
set -gq set-titles-string '#T'
END
}

# Starts session $name in the background, with the size of its first terminal. tmux outlives the SSH connection, and its scope
# ends in order when the container stops; without a user manager, it is in the scope of sshd. $error is the message of a failure.
start_server() {
    set -- tmux -u -S "$sockets/$name" -f "$sockets/conf.$$" new-session -d -s "$name" -x "$columns" -y "$rows" \
        sh -c "$runner" containai-session "$recorder" containai-session "$start" "$records/$name" "$sockets/$name" "$name" "$boot"
    unset SSH_TTY
    error=$(systemd-run --user --scope --quiet --collect --property=TimeoutStopSec=10 --description="agent session $name" \
        "$@" 2>&1) && return
    case $error in
        *duplicate*) return 1 ;;
    esac
    error=$("$@" 2>&1)
}

# start NAME BASE DESCRIPTION CLIPBOARD COLUMNS ROWS COMMAND...: starts a session; its name is in $name. Without NAME, it is the
# first of BASE, BASE-2, ... that no running session has.
start() {
    given=$1 base=$2 description=$3 clipboard=$4 columns=$5 rows=$6
    shift 6
    mkdir -p "$records" "$sockets" || return 1
    boot
    start=$sockets/start.$$
    {
        quote "$description"
        printf 'description=%s\nset --' "$quoted"
        for word; do
            quote "$word"
            printf ' %s' "$quoted"
        done
        echo
    } > "$start"
    configuration "$clipboard" > "$sockets/conf.$$"
    number=1
    while :; do
        name=$given
        [ -n "$name" ] || name=$base
        [ "$number" -eq 1 ] || name=$base-$number
        if ! is_live; then
            if start_server; then
                rm -f "$sockets/conf.$$"
                return
            fi
            case $error in
                *duplicate*) ;;
                *) echo "error: tmux: $error" >&2; rm -f "$start" "$sockets/conf.$$"; return 1 ;;
            esac
        fi
        if [ -n "$given" ]; then
            echo "error: a session \`$given\` is running" >&2
            echo "hint: \`cai attach -n $given\` shows it; choose another name, or none" >&2
            rm -f "$start" "$sockets/conf.$$"
            return 2
        fi
        number=$((number + 1))
    done
}

# Waits until the end of the agent of session $name is recorded, for five seconds.
wait_for_end() {
    tries=0
    until [ -f "$records/$name" ] && has_ended; do
        tries=$((tries + 1))
        [ "$tries" -le 50 ] || return 1
        sleep 0.1
    done
}

# Exits as the agent of session $name did; with $1 if that is not recorded.
exit_as_agent() {
    if ! wait_for_end; then
        echo "error: session \`$name\` has ended, and how its agent ended is unknown" >&2
        exit "$1"
    fi
    how=$(grep '^ended ' "$records/$name")
    # shellcheck disable=SC2086  # the words are split
    set -- $how
    case $3 in
        signal) echo "session $name was ended by signal $4" >&2; exit $((128 + $4)) ;;
        *) exit "$4" ;;
    esac
}

# attach STATUS: shows session $name until it ends or is detached. STATUS is that of an unknown end.
attach() {
    # Colors that the terminal has, and tmux cannot know.
    case ${COLORTERM-} in
        truecolor | 24bit) tmux -u -S "$sockets/$name" set -sq 'terminal-features[90]' "$TERM:RGB" ';' attach-session -t "=$name" ;;
        *) tmux -u -S "$sockets/$name" attach-session -t "=$name" ;;
    esac
    if ! has_ended && is_live; then
        echo "session $name continues; \`cai attach\` comes back to it" >&2
        exit 0
    fi
    # tmux restores the screen as it was before; what the agent wrote last is shown below.
    if wait_for_end && [ -f "$records/$name.log" ]; then
        sed -e :a -e '/^\n*$/{$d;N;ba' -e '}' "$records/$name.log" | tail -n 20
    fi
    exit_as_agent "$1"
}

# One line for a record: its name, whether its server answers, its clients, and whether it rang the bell since.
state() {
    live=$(of_server display-message -p -t "=$name:" '#{session_attached} #{window_bell_flag}') || live=
    echo "session${tab}$name${tab}${live:--}"
}

case $verb in
    run)
        if ! command -v tmux >/dev/null || ! mkdir -p "$sockets" 2>/dev/null; then
            echo 'warning: the image has no tmux: the agent ends with this connection' >&2
            shift 6
            exec "$@"
        fi
        case ${TERM-} in
            '' | dumb | unknown) shift 6; exec "$@" ;;
        esac
        start "$@" || exit
        attach 1
        ;;
    detach)
        if ! command -v tmux >/dev/null; then
            echo 'error: the image has no tmux, which agent sessions need' >&2
            # shellcheck disable=SC2016  # the quotes are text
            echo 'hint: run `cai exec -- sudo apt-get install -y tmux`, or add it to the image' >&2
            exit 1
        fi
        start "$@" || exit
        # The next command finds the record of the agent, and not that of an earlier session of the name.
        tries=0
        until [ -f "$records/$name" ] && [ ! -e "$records/$name.log" ]; do
            tries=$((tries + 1))
            [ "$tries" -le 20 ] || break
            sleep 0.1
        done
        echo "$name"
        ;;
    attach)
        name=$1
        if [ -z "$name" ]; then
            for socket in "$sockets"/*; do
                name=${socket##*/}
                if [ ! -S "$socket" ] || has_ended; then
                    continue
                fi
                [ -z "${found-}" ] || exit "$not_attached"
                found=$name
            done
            name=${found-}
            [ -n "$name" ] || exit "$not_attached"
        fi
        if [ ! -S "$sockets/$name" ] || has_ended; then
            exit "$not_attached"
        fi
        attach "$not_attached"
        ;;
    list)
        boot
        echo "boot${tab}$boot"
        for record in "$records"/*; do
            name=${record##*/}
            case $name in
                *.* | '*') continue ;;
            esac
            state
            head -c 65536 -- "$record" 2>/dev/null | head -n 8
        done
        ;;
    send)
        name=$1
        is_live || exit "$not_attached"
        of_server load-buffer -b containai - &&
            of_server paste-buffer -p -d -b containai -t "=$name:" || exit 1
        # Programs take a key right after a paste for a part of it.
        [ "$2" = paste ] || { sleep 0.3; of_server send-keys -t "=$name:" Enter; }
        ;;
    logs)
        name=$1
        if is_live; then
            of_server capture-pane -p -S - -t "=$name:"
        elif [ -f "$records/$name.log" ]; then
            cat "$records/$name.log"
        elif [ ! -f "$records/$name" ]; then
            exit "$not_attached"
        fi
        ;;
    stop)
        name=$1
        is_live || exit "$not_attached"
        runner=$(of_server display-message -p -t "=$name:" '#{pane_pid}')
        # dash has no `--` after a signal.
        kill -TERM "-$runner" 2>/dev/null
        tries=0
        while is_live; do
            tries=$((tries + 1))
            # The agent is the only child of its recorder, which is that of the first process.
            if [ "$tries" -eq 80 ]; then
                read -r recorder < "/proc/$runner/task/$runner/children"
                read -r agent < "/proc/${recorder% }/task/${recorder% }/children"
                # shellcheck disable=SC2086  # ids are split
                kill -KILL $agent 2>/dev/null
            fi
            [ "$tries" -le 120 ] || of_server kill-server
            [ "$tries" -le 150 ] || exit 1
            sleep 0.1
        done
        ;;
    remove)
        name=$1
        [ -f "$records/$name" ] || exit "$not_attached"
        ! is_live || exit 3
        rm -f -- "$records/$name" "$records/$name.log" "$sockets/$name"
        ;;
    wait)
        name=$1
        [ -f "$records/$name" ] || exit "$not_attached"
        while is_live; do
            [ "$(of_server display-message -p -t "=$name:" '#{window_bell_flag}')" != 1 ] || { echo waiting; exit 0; }
            sleep 1
        done
        exit_as_agent 1
        ;;
esac
