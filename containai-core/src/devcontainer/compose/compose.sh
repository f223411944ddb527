# Runs the services of the workspace's Compose files beside the one that is this container.
#
# `up` starts them and waits until those that the container depends on are ready; `names` keeps /etc/hosts up to date
# with their addresses. The variables `service`, `run_services` and the function `compose` are defined above.
set -eu
state=/run/containai-compose
project=$state/project.json
mkdir -p "$state"
cd "$workspace"

# The agent's own files have the logins of registries, and must not belong to root.
docker() {
    setpriv --reuid=agent --regid=agent --init-groups env HOME=/home/agent docker "$@"
}

# Prints the project that runs inside. It has no service of the container, whose name stands for the engine's gateway.
# Services that share their network with the container use the engine's own network, as the container does. A volume of
# the container is the directory that it is mounted at, for services that have it as well.
inner_project() {
    # A failure in front of a pipe would go unnoticed.
    compose --profile '*' config --format json > "$state/config.json"
    jq --arg own "$service" --argjson run "$run_services" '
        def shares: (.network_mode // "") | select(startswith("service:"))[8:];
        def links: ((.links // [])[] | split(":")[0]), ((.volumes_from // [])[] | split(":")[0]);
        def needs: (.depends_on // {} | keys[]), shares, links;
        . as $project | .services as $all
        | ($all[$own] // {}) as $container
        | def grow(step): . as $set | (. + [.[] | $all[.] // {} | step] | unique) | if . == $set then . else grow(step) end;
          ($run // [$all | to_entries[] | select((.value.profiles // []) == []) | .key])
        | . + [$container | needs] | unique | grow(needs) | map(select(. != $own and $all[.] != null))
        | . as $selected
        | def beside: . as $set
            | (. + [$all | to_entries[] | select([.value | shares] | any(. as $s | $set | index($s))) | .key] | unique) as $more
            | if $more == $set then . else ($more | beside) end;
          ([$own] + [$container | shares] | unique | grow(shares) | beside) as $beside
        | [$selected[] | . as $name | $all[$name]
            | del(.profiles)
            | if .depends_on then .depends_on |= with_entries(select(.key as $k | $selected | index($k))) else . end
            | if $beside | index($name)
              then del(.networks, .ports, .links, .hostname, .extra_hosts) | .network_mode = "host"
              elif (.network_mode // "") | test("^(host|none$|service:|container:)") then .
              else .links |= (. // [] | map(select(split(":")[0] as $l | $beside | index($l) | not)))
                | .extra_hosts = ([.extra_hosts // [] | if type == "object" then to_entries[] | "\(.key):\(.value)" else .[] end]
                    + [$beside[] | "\(.):host-gateway"])
              end
            | {key: $name, value: .}] as $services
        | [$container.volumes[]? | select(.type == "volume" and (.source // "") != "") | {key: .source, value: .target}]
        | from_entries as $shared
        | $project | .services = ($services | from_entries)
        | if .volumes then .volumes |= with_entries($shared[.key] as $at | if $at then
            .value = {name: .value.name, driver: "local", driver_opts: {type: "none", o: "bind", device: $at}}
          else . end) else . end
        | .["x-containai"] = {
            beside: $beside,
            shared: ($shared | map(.)),
            healthy: [$container.depends_on // {} | to_entries[] | select(.value.condition == "service_healthy") | .key],
            completed: [$container.depends_on // {} | to_entries[] | select(.value.condition == "service_completed_successfully") | .key]
          }' "$state/config.json"
}

inner_compose() {
    docker compose --project-directory "$workspace" -f "$project" "$@"
}

up() {
    if ! docker compose version >/dev/null 2>&1; then
        echo "docker compose is missing: install docker-compose-v2 or docker-compose-plugin in the image of service $service" >&2
        exit 1
    fi
    inner_project > "$project.new"
    mv -f "$project.new" "$project"
    [ "$(jq '.services | length' "$project")" != 0 ] || return 0
    jq -r '.["x-containai"].shared[]' "$project" | while IFS= read -r directory; do mkdir -p "$directory"; done
    inner_compose up --detach --remove-orphans
    for name in $(jq -r '.["x-containai"].healthy[]' "$project"); do
        inner_compose up --detach --no-recreate --wait "$name"
    done
    for name in $(jq -r '.["x-containai"].completed[]' "$project"); do
        for container in $(inner_compose ps --all --quiet "$name"); do
            status=$(docker wait "$container")
            [ "$status" = 0 ] || { echo "service $name ended with status $status" >&2; exit 1; }
        done
    done
    write_names
    systemctl start --no-block containai-compose.service
}

# Prints a line for each address of a service, and one for those that share the network of the container.
names() {
    jq -r '.["x-containai"].beside[] | "127.0.0.1 \(.)"' "$project"
    # The first label is on images that Compose built as well.
    containers=$(docker ps --quiet --filter "label=com.docker.compose.project=$(jq -r .name "$project")" \
        --filter label=com.docker.compose.container-number)
    # shellcheck disable=SC2086  # the ids are split intentionally
    [ -z "$containers" ] || docker inspect $containers | jq -r '
        .[] | .Config.Labels["com.docker.compose.service"] as $service
        | .Id[:12] as $id
        | .NetworkSettings.Networks[] | select((.IPAddress // "") != "")
        | "\(.IPAddress) \([$service] + (.Aliases // []) | map(select(. != $id)) | unique | join(" "))"'
}

# Replaces the block of names in /etc/hosts, which is a mount and cannot be replaced as a file.
write_names() {
    exec 8>"$state/lock"
    flock 8
    sed '/^# containai-compose: begin$/,/^# containai-compose: end$/d' /etc/hosts > "$state/hosts"
    { echo '# containai-compose: begin'; names; echo '# containai-compose: end'; } >> "$state/hosts"
    cmp -s "$state/hosts" /etc/hosts || cat "$state/hosts" > /etc/hosts
    exec 8>&-
}

case ${1-} in
    up) up ;;
    names)
        since=$(date +%s)
        write_names
        # A container is listed with its address when it has started, after it was connected.
        docker events --since "$since" --filter type=container --filter type=network --filter event=start \
            --filter event=connect --filter event=disconnect --format '{{.Action}}' | while read -r _; do write_names; done
        ;;
esac
