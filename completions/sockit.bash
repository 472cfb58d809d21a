# bash completion for sockit                                    -*- shell-script -*-
# One row a command; `=` marks the options that take a value. The words of a group
# (`echo server`) and the names of the commands come from the rows too.
declare -gA _sockit_options=(
    ["listen"]="-k --keep-open --accept-timeout= --timeout= --deadline= --sandbox= --allow= --deny= --proxy-protocol --broadcast --chat --tag --out-dir= --discard --ready-fd= --port-file= --backlog= --max-conns= --reuseport --tls-cert= --tls-key= --tls-client-ca= --alpn= --tls-min= --no-half-close --linger-after-eof= --recv-only --send-only --send= --expect= --expect-re= --crlf --line-delay= --rate= --hex --copy --idle-timeout= --out= --raw --report= --datagram-size= --per-line --sh= -4 -6 --netns= --sockopt= --strict-sockopt --interface= --json --jsonl -q --quiet -v --verbose --output= --color= --wide -h --help"
    ["connect"]="--timeout= --deadline= --source= --sandbox= --retry= --retry-interval= --proxy= --proxy-protocol= --tls --sni= --ca= --cert= --key= --alpn= --tls-min= --insecure --no-half-close --linger-after-eof= --recv-only --send-only --send= --expect= --expect-re= --crlf --line-delay= --rate= --hex --copy --idle-timeout= --out= --raw --report= --datagram-size= --per-line --sh= -4 -6 --netns= --sockopt= --strict-sockopt --interface= --json --jsonl -q --quiet -v --verbose --output= --color= --wide -h --help"
    ["echo server"]="--mode= --compat= --threads= --delay= --rate= --slow-read= --close-after= --reset-after= --half-close-after= --corrupt= --drop= --duplicate= --reorder= --accept-delay= --no-accept --seed= --ready-fd= --port-file= --backlog= --max-conns= --reuseport --tls-cert= --tls-key= --tls-client-ca= --alpn= --tls-min= --timeout= --deadline= --sandbox= -4 -6 --netns= --sockopt= --strict-sockopt --interface= --json --jsonl -q --quiet -v --verbose --output= --color= --wide -h --help"
    ["echo client"]="-c= --connections= -n= --count= -d= --duration= --size= --seed= --warmup= --threads= --rate= --pipeline= --reconnect --connect-rate= --interval= --no-verify --timeout= --deadline= --source= --sandbox= --tls --sni= --ca= --cert= --key= --alpn= --tls-min= --insecure --hlog= --html= -4 -6 --netns= --sockopt= --strict-sockopt --interface= --json --jsonl -q --quiet -v --verbose --output= --color= --wide -h --help"
    ["probe"]="--timeout= --deadline= --want= --any --parallel= --threads= --rate= --retries= --source= --sandbox= --count= --interval= --wait= --wait-dns --targets-from= --settle= --banner --send= --expect= --expect-re= --each-address --tls --sni= --ca= --cert= --key= --alpn= --tls-min= --insecure --tls-min-days= --trace --max-hops= --format= --label= -4 -6 --netns= --sockopt= --strict-sockopt --interface= --json --jsonl -q --quiet -v --verbose --output= --color= --wide -h --help"
    ["sockopts list"]="--level= --for= --filter= --netns= --json --jsonl -q --quiet -v --verbose --output= --color= --wide -h --help"
    ["sockopts describe"]="--netns= --json --jsonl -q --quiet -v --verbose --output= --color= --wide -h --help"
    ["sockopts get"]="--pid= --fd= --sock= --inode= --cookie= --non-default --netns= --json --jsonl -q --quiet -v --verbose --output= --color= --wide -h --help"
    ["sockopts set"]="--pid= --fd= --sock= --inode= --cookie= --apply --netns= --json --jsonl -q --quiet -v --verbose --output= --color= --wide -h --help"
    ["sockopts verify"]="--phase= --netns= --json --jsonl -q --quiet -v --verbose --output= --color= --wide -h --help"
    ["sockopts diff"]="--netns= --json --jsonl -q --quiet -v --verbose --output= --color= --wide -h --help"
    ["sockopts why-bind"]="-4 -6 --netns= --sockopt= --strict-sockopt --interface= --json --jsonl -q --quiet -v --verbose --output= --color= --wide -h --help"
    ["stat"]="-a --all -l --listening -t --tcp -u --udp -x --unix -w --raw -0 --packet -M --mptcp --vsock -f= --family= -A= --query= -4 --ipv4 -6 --ipv6 -B --bound-inactive -n --numeric -r --resolve --timeout= -p --processes -T --threads -e --extended -i --info --tos --inet-sockopt --cgroup -m --memory -o --options -s --summary --count-by= --columns= --sort= --check -O --oneline -H --no-header --via= --proc-root= --all-netns -N= --netns= -K --kill --dry-run -E --events --watch= --save= --from= --diff= --deadline= --count= --json --jsonl -q --quiet -v --verbose --output= --color= --wide -h --help"
)

_sockit_outcomes="open refused rejected unreachable denied timeout reset unresolved self-connect local-error"

# What may follow `sockit` and the words $1: command names, or the second words of a group.
_sockit_next_words() {
    local name
    for name in "${!_sockit_options[@]}"; do
        if [[ -z $1 ]]; then
            printf '%s\n' "${name%% *}"
        elif [[ $name == "$1 "* ]]; then
            printf '%s\n' "${name#* }"
        fi
    done | sort -u
}

# Whether option $2 of command $1 takes a value.
_sockit_takes_value() {
    [[ $2 == -* && " ${_sockit_options[$1]} " == *" $2= "* ]]
}

# The values of option $1, for the start $2 of one.
_sockit_values() {
    case $1 in
        --output | --out | --port-file | --report) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$2") ;;
        --proc-root | --out-dir) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$2") ;;
        --sandbox) mapfile -t COMPREPLY < <(compgen -W "auto require off" -- "$2") ;;
        --color) mapfile -t COMPREPLY < <(compgen -W "auto always never" -- "$2") ;;
        --via) mapfile -t COMPREPLY < <(compgen -W "auto netlink proc" -- "$2") ;;
        --phase) mapfile -t COMPREPLY < <(compgen -W "fresh bound listening connected accepted" -- "$2") ;;
        --want)
            local before=""
            [[ $2 == *,* ]] && before=${2%,*},
            mapfile -t COMPREPLY < <(compgen -P "$before" -W "$_sockit_outcomes" -- "${2##*,}")
            ;;
    esac
}

_sockit() {
    COMPREPLY=()
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} i
    for ((i = 1; i < COMP_CWORD; i++)); do
        if [[ ${COMP_WORDS[i]} == -- ]]; then
            if ((i + 1 == COMP_CWORD)); then
                mapfile -t COMPREPLY < <(compgen -c -- "$current")
            else
                compopt -o filenames
                mapfile -t COMPREPLY < <(compgen -f -- "$current")
            fi
            return
        fi
    done

    local command=""
    ((COMP_CWORD > 1)) && command=${COMP_WORDS[1]}
    if [[ -n $command && -z ${_sockit_options[$command]-} ]] && ((COMP_CWORD > 2)); then
        command+=" ${COMP_WORDS[2]}"
    fi
    if [[ -z $command ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$(_sockit_next_words "") --help --version" -- "$current")
    elif [[ -z ${_sockit_options[$command]-} ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$(_sockit_next_words "$command") --help" -- "$current")
    elif [[ $previous == = ]]; then
        _sockit_values "${COMP_WORDS[COMP_CWORD - 2]}" "$current"
    elif [[ $current == = ]]; then
        _sockit_values "$previous" ""
    elif _sockit_takes_value "$command" "$previous"; then
        _sockit_values "$previous" "$current"
    elif [[ $current == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "${_sockit_options[$command]//=/}" -- "$current")
    fi
}

complete -F _sockit sockit
