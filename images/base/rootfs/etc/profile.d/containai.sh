# Login shells start with the distribution's path; this restores the session environment of the container.
if [ -r /run/containai/environment ]; then
    while IFS= read -r _containai_entry; do
        case $_containai_entry in
            SSH_AUTH_SOCK=*) [ -n "${SSH_AUTH_SOCK-}" ] || export "$_containai_entry" ;;
            PATH=*) export "$_containai_entry" ;;
            *) eval "[ -n \"\${${_containai_entry%%=*}+set}\" ]" || export "$_containai_entry" ;;
        esac
    done < /run/containai/environment
    unset _containai_entry
fi
. /usr/lib/containai/session.sh
