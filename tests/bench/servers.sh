# Starts and stops what is measured: one PostgreSQL for both, with initdb's settings; Kamailio; Heliograph.
# Sourced by run, which has set `root` and `scratch`. SPDX-License-Identifier: MIT
# shellcheck shell=bash

accounts=110000
server_pid=
database_pid=
sip_port=
web_port=
heliograph_token=for-the-bench
control=
kamailio_lock=0
kamailio_lists=0
database_port=

note() { printf 'bench: %s\n' "$*" >&2; }
die() {
	note "$*"
	exit 1
}

free_port() {
	python3 -c 'import socket
with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
    tcp.bind(("127.0.0.1", 0)); udp.bind(tcp.getsockname()); print(tcp.getsockname()[1])'
}

# wait_for SECONDS COMMAND... : true as soon as the command is.
wait_for() {
	local tries=$(($1 * 20))
	shift
	until "$@"; do
		((tries-- > 0)) || return 1
		sleep 0.05
	done
}

has_ended() { ! kill -0 "$1" 2>/dev/null; }

# ---- PostgreSQL

# PostgreSQL refuses to run as root.
as_database_user() {
	if [[ $(id -u) == 0 ]]; then
		(cd / && runuser -u postgres -- "$@")
	else
		(cd / && "$@")
	fi
}

postgres_folder() {
	local folders=(/usr/lib/postgresql/*/bin)
	printf '%s\n' "${folders[-1]}"
}

sql() { psql -X -q -At -v ON_ERROR_STOP=1 -h 127.0.0.1 -p "$database_port" -U postgres "$@"; }

start_postgres() {
	local programs data=$scratch/postgres
	programs=$(postgres_folder)
	database_port=$(free_port)
	mkdir -m 700 "$data"
	[[ $(id -u) != 0 ]] || chown postgres "$data"
	as_database_user "$programs/initdb" -D "$data" -U postgres -A trust -E UTF8 --no-locale >"$scratch/initdb.log"
	as_database_user "$programs/pg_ctl" -D "$data" -l "$data/log" -w \
		-o "-c listen_addresses=127.0.0.1 -c port=$database_port -c unix_socket_directories=$data" start >/dev/null
	database_pid=$(head -n 1 "$data/postmaster.pid")
}

stop_postgres() {
	[[ -z $database_pid ]] || as_database_user "$(postgres_folder)/pg_ctl" -D "$scratch/postgres" -m fast -w stop >/dev/null
	database_pid=
}

# Both servers get the same accounts: u1 … with the password "secret".
make_databases() {
	local table
	sql -c 'create database kamailio' -c 'create database heliograph' postgres
	for table in standard auth_db registrar usrloc msilo presence rls; do
		PGOPTIONS='-c client_min_messages=error' sql -f "/usr/share/kamailio/postgres/$table-create.sql" kamailio
	done
	sql kamailio -c "insert into subscriber (username, domain, password, ha1, ha1b)
		select 'u' || n, 'example.test', '', md5('u' || n || ':example.test:secret'), ''
		from generate_series(1, $accounts) n" -c 'vacuum analyze'
	"$heliograph" migrate --set "database=$(heliograph_database)" --state "$scratch/heliograph" >>"$scratch/heliograph.log" 2>&1 ||
		die "heliograph migrate failed: $scratch/heliograph.log"
	sql heliograph -c "insert into accounts (user_name, domain, ha1_md5, ha1_sha256)
		select 'u' || n, 'example.test', decode(md5('u' || n || ':example.test:secret'), 'hex'),
			sha256(('u' || n || ':example.test:secret')::bytea)
		from generate_series(1, $accounts) n" -c 'vacuum analyze'
}

heliograph_database() { printf 'postgresql://postgres@127.0.0.1:%s/heliograph' "$database_port"; }

# ---- the servers

# start_kamailio MODE PASSWORDS : durable or memory; cached, selected, or open: XCAP without.
start_kamailio() {
	sql kamailio -c 'truncate location, silo, presentity, active_watchers, watchers, xcap, pua,
		rls_presentity, rls_watchers'
	put_kamailio_lists
	sql kamailio -c checkpoint
	sip_port=$(free_port)
	run_kamailio "$@"
	wait_for 20 kamailio_answers || die "Kamailio does not start: $scratch/kamailio.log"
}

# The same over what is in the tables, and without waiting.
run_kamailio() {
	local url="postgres://postgres@127.0.0.1:$database_port/kamailio" modes=(1 1 0) defines=()
	[[ $1 != memory ]] || modes=(0 0 2)
	control=$scratch/control-$sip_port
	defines=(-A "PORT=$sip_port" -A "SERVER_ADDRESS=\"sip:127.0.0.1:$sip_port\"" -A "DATABASE=\"$url\""
		-A "CONTROL=\"unix:$control\"" -A "USRLOC_MODE=${modes[0]}" -A "SUBSCRIPTIONS_MODE=${modes[1]}"
		-A "PUBLICATIONS_CACHE=${modes[2]}" -A "TABLE_LOCK=$kamailio_lock")
	((kamailio_lists == 0)) || defines+=(-A WITH_LISTS)
	[[ $2 != open ]] || defines+=(-A WITHOUT_PASSWORDS)
	[[ $2 != cached ]] || defines+=(-A WITH_CACHE -A "CACHE_DATABASE=\"cache=>$url\"")
	rm -f "$control"
	# Eight UDP workers: on two cores neither fewer nor more did better in any of this work.
	kamailio -f "$root/tests/bench/kamailio.cfg" -DD -E -n 8 -m 2048 -M 32 -w "$scratch" -Y "$scratch" "${defines[@]}" \
		</dev/null >>"$scratch/kamailio.log" 2>&1 &
	server_pid=$!
}

kamailio_answers() { [[ -S $control ]] && kamcmd -s "unix:$control" core.uptime >/dev/null 2>&1; }

# Kamailio's shared memory in use.
kamailio_shared_kb() { kamcmd -s "unix:$control" core.shmmem | awk '/real_used:/ { print int($2 / 1024) }'; }

# start_heliograph [--set NAME=VALUE]...
start_heliograph() {
	sql heliograph -c "$(sql heliograph -c "select 'truncate ' || string_agg(quote_ident(tablename), ', ') from pg_tables
		where schemaname = 'public' and tablename not in ('accounts', 'settings', 'schema_version')")"
	put_heliograph_lists
	sql heliograph -c "insert into tokens values (sha256('$heliograph_token'), 'bench', 'xcap:read xcap:write', 0, 0)" \
		-c checkpoint
	sip_port=$(free_port)
	web_port=$(free_port)
	run_heliograph "$@"
	wait_for 20 grep -q '^ready' "$scratch/ready-$sip_port" || die "Heliograph does not start: $scratch/heliograph.log"
}

# The same over what is in the tables, and without waiting.
run_heliograph() {
	: >"$scratch/ready-$sip_port"
	"$heliograph" run --set bind=127.0.0.1 --set "sip.port=$sip_port" --set tls.port=0 \
		--set "web.port=$web_port" --set web.tls_port=0 --set domain=example.test \
		--set "database=$(heliograph_database)" --state "$scratch/heliograph" "$@" \
		</dev/null >"$scratch/ready-$sip_port" 2>>"$scratch/heliograph.log" &
	server_pid=$!
}

stop_server() {
	[[ -n $server_pid ]] || return 0
	kill -TERM "$server_pid" 2>/dev/null || true
	wait_for 20 has_ended "$server_pid" || kill -KILL "$server_pid"
	wait "$server_pid" 2>/dev/null || true
	server_pid=
}

# Without a chance to write anything; waits until the last process is gone.
kill_server() {
	local pids
	mapfile -t pids < <(tree "$server_pid")
	kill -KILL "${pids[@]}" 2>/dev/null || true
	wait "$server_pid" 2>/dev/null || true
	wait_for 20 have_ended "${pids[@]}" || die "the server outlives kill -9"
	server_pid=
}

have_ended() {
	local pid
	for pid in "$@"; do
		has_ended "$pid" || return 1
	done
}

# ---- memory

# A process and all its descendants.
tree() {
	local child
	printf '%s\n' "$1"
	for child in $(cat "/proc/$1/task/$1/children"); do
		tree "$child"
	done
}

# memory_kb PID : the whole tree's PSS, which counts what processes share once.
memory_kb() {
	local pid
	for pid in $(tree "$1"); do
		cat "/proc/$pid/smaps_rollup"
	done | awk '$1 == "Pss:" { sum += $2 } END { print sum }'
}
