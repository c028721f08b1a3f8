# The documents of lists, in both servers' tables, before they start: SQL is the cheapest that both allow. Each user u<n>
# up to COUNT has one service, list<n>, which refers to the list of his friends; who is on it says lists.h.
# Sourced by run, behind servers.sh. SPDX-License-Identifier: MIT
# shellcheck shell=bash

# COUNT ENTRIES RECEIVERS; empty: none.
lists=()

# list_documents ROOT : a query for the number of each owner, his service, and his list.
list_documents() {
	local count=${lists[0]} entries=${lists[1]} receivers=${lists[2]}
	cat <<-SQL
		select n, 'sip:u' || n || '@example.test' as owner,
			'<?xml version="1.0" encoding="UTF-8"?><rls-services xmlns="urn:ietf:params:xml:ns:rls-services">'
			|| '<service uri="sip:list' || n || '@example.test"><resource-list>$1resource-lists/users/sip:u' || n
			|| '@example.test/index/~~/resource-lists/list%5b@name=%22friends%22%5d</resource-list>'
			|| '<packages><package>presence</package></packages></service></rls-services>' as service,
			'<?xml version="1.0" encoding="UTF-8"?>'
			|| '<resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists"><list name="friends">'
			|| (select string_agg('<entry uri="sip:u' || ($count + 1 + ((n - 1)::bigint * $entries + i) % $receivers)
				|| '@example.test"><display-name>Friend ' || i || '</display-name></entry>', '' order by i)
				from generate_series(0, $entries - 1) i)
			|| '</list></resource-lists>' as list
		from generate_series(1, $count) n
	SQL
}

# Kamailio's rls takes it for granted that the database tells a list's entries in the order of their URIs, but does not
# ask for it, and forgets those that come otherwise. So it gets them through the index that has them in that order.
order_kamailio_lists() {
	sql kamailio -c 'set client_min_messages = warning' \
		-c 'drop index if exists rls_presentity_rlsubs_idx' -c 'alter database kamailio set enable_seqscan = off' \
		-c 'alter database kamailio set enable_bitmapscan = off'
}

put_kamailio_lists() {
	if [[ ${#lists[@]} != 3 ]]; then
		sql kamailio -c 'alter database kamailio reset all'
		return
	fi
	order_kamailio_lists
	# 8 and 4 are what its modules call the two applications.
	sql kamailio <<-SQL
		with documents as ($(list_documents /xcap-root/))
		insert into xcap (username, domain, doc, doc_type, etag, source, doc_uri, port)
		select 'u' || n, 'example.test', convert_to(service, 'UTF8'), 8, 's' || n, 0,
			'/xcap-root/rls-services/users/' || owner || '/index', 0 from documents
		union all select 'u' || n, 'example.test', convert_to(list, 'UTF8'), 4, 'l' || n, 0,
			'/xcap-root/resource-lists/users/' || owner || '/index', 0 from documents;
		vacuum analyze xcap;
	SQL
}

put_heliograph_lists() {
	[[ ${#lists[@]} == 3 ]] || return 0
	sql heliograph <<-SQL
		with documents as (select documents.*, accounts.id as account
			from ($(list_documents https://example.test/xcap/)) documents
			join accounts on user_name = 'u' || n)
		insert into documents (id, account_id, changed_at, application, name, etag, body)
		select 2 * n, account, 0, 'rls-services'::bytea, 'index'::bytea, convert_to('s' || n, 'UTF8'),
			convert_to(service, 'UTF8') from documents
		union all select 2 * n + 1, account, 0, 'resource-lists', 'index', convert_to('l' || n, 'UTF8'),
			convert_to(list, 'UTF8') from documents;
		vacuum analyze documents;
	SQL
}
