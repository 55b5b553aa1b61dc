# shellcheck shell=sh
# Real servers on loopback for tests: git daemon, nginx (static files, git's
# http-backend, TLS, basic auth) and sshd.  Source it, then:
#
#	servers_init DIR	everything is kept below DIR; servers stop at exit
#	servers_git_daemon ROOT		sets GIT_PORT
#	servers_certificates		makes DIR/ca.pem, DIR/key.pem and, signed by
#					the CA, DIR/cert.pem (for localhost,
#					127.0.0.1, github.com and gitlab.com),
#					DIR/expired.pem (the same, years ago) and
#					DIR/elsewhere.pem (for another host); and
#					DIR/other-ca.pem
#	servers_nginx ROOT		sets HTTP_PORT and HTTPS_PORT, and with those
#					other certificates EXPIRED_PORT and
#					ELSEWHERE_PORT:
#	    /static/PATH	files of DIR/static
#	    /git/REPO		git repositories of ROOT
#	    /private/REPO	the same for tester:secret only
#	    /moved/REPO		301 to /git/REPO
#	    /away/PATH		302 to the same server by another name: from
#				127.0.0.1 to `localhost`, with TLS the other way
#	    /down/PATH		302 to the plain port, of the same name
#	    /teapot/…		500
#					DIR/auth.log has a line for each request:
#					host, status, URI, "Authorization"
#	servers_user NAME PASSWORD	one more for /private/
#	servers_sshd			sets SSH_PORT; DIR/ssh-config is for ssh -F,
#					DIR/known_hosts holds the right host key,
#					the key may run git-upload-pack only
#
# A function fails (returns 77) when its program is not installed.  Ports are
# picked at random and tried; nothing needs root, $HOME or the internet.

servers_init()
{
	servers_dir=$1
	servers_pids=
	mkdir -p "$servers_dir"
	if command -v at_exit >/dev/null; then # of cli/lib.sh
		at_exit 'servers_stop; wait'
	else
		trap servers_stop EXIT
		trap 'exit 130' INT TERM
	fi
	PATH=$PATH:/usr/sbin:/sbin
}

servers_stop()
{
	for servers_pid in $servers_pids; do
		kill "$servers_pid" 2>/dev/null || :
	done
	servers_pids=
}

# servers_need PROGRAM…
servers_need()
{
	for servers_name; do
		command -v "$servers_name" >/dev/null && continue
		echo "skipped: $servers_name is not installed"
		return 77
	done
}

servers_random_port()
{
	shuf -i 20000-32000 -n 1
}

# servers_await COMMAND…: until it succeeds, 10 s at most
servers_await()
{
	servers_tries=100
	until "$@" >/dev/null 2>&1; do
		servers_tries=$((servers_tries - 1))
		[ "$servers_tries" -gt 0 ] || return 1
		sleep 0.1
	done
}

servers_git_daemon()
{
	servers_need git shuf || return
	for servers_try in 1 2 3 4 5; do
		GIT_PORT=$(servers_random_port)
		rm -f "$servers_dir/daemon.pid"
		git daemon --listen=127.0.0.1 --port="$GIT_PORT" --export-all \
			--pid-file="$servers_dir/daemon.pid" --base-path="$1" \
			--reuseaddr >>"$servers_dir/daemon.log" 2>&1 &
		servers_pid=$!
		servers_await test -s "$servers_dir/daemon.pid" -o \
			! -d "/proc/$servers_pid"
		sleep 0.2
		if kill -0 "$servers_pid" 2>/dev/null; then
			servers_pids="$servers_pids $servers_pid"
			return 0
		fi
	done
	echo "git daemon does not start (try $servers_try)"
	return 1
}

# servers_ca NAME: a self-signed certificate authority
servers_ca()
{
	openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj "/CN=$1" \
		-addext basicConstraints=critical,CA:TRUE \
		-keyout "$servers_dir/$1-key.pem" -out "$servers_dir/$1.pem" \
		2>>"$servers_dir/openssl.log"
}

# servers_certificate NAME SAN START END: signed by the CA
servers_certificate()
{
	printf 'subjectAltName=%s\n' "$2" >"$servers_dir/san"
	openssl ca -batch -config "$servers_dir/ca.cnf" -notext \
		-startdate "$3" -enddate "$4" -extfile "$servers_dir/san" \
		-in "$servers_dir/request.pem" -out "$servers_dir/$1.pem" \
		2>>"$servers_dir/openssl.log"
}

servers_ca_config()
{
	cat <<-END
		[ca]
		default_ca = ours
		[ours]
		database = $servers_dir/ca-database
		serial = $servers_dir/ca-serial
		new_certs_dir = $servers_dir
		certificate = $servers_dir/ca.pem
		private_key = $servers_dir/ca-key.pem
		default_md = sha256
		unique_subject = no
		policy = any
		[any]
		commonName = supplied
	END
}

servers_certificates()
{
	servers_need openssl || return
	servers_ca ca && servers_ca other-ca || return
	openssl req -newkey rsa:2048 -nodes -subj /CN=localhost \
		-keyout "$servers_dir/key.pem" -out "$servers_dir/request.pem" \
		2>>"$servers_dir/openssl.log" || return
	: >"$servers_dir/ca-database"
	echo 01 >"$servers_dir/ca-serial"
	servers_ca_config >"$servers_dir/ca.cnf"
	servers_names=DNS:localhost,IP:127.0.0.1,DNS:github.com,DNS:gitlab.com
	servers_start=$(date -u -d '-1 day' +%Y%m%d%H%M%SZ)
	servers_end=$(date -u -d '+30 days' +%Y%m%d%H%M%SZ)
	servers_certificate cert "$servers_names" "$servers_start" \
		"$servers_end" &&
		servers_certificate expired "$servers_names" 20200101000000Z \
			20200201000000Z &&
		servers_certificate elsewhere DNS:elsewhere.example.org \
			"$servers_start" "$servers_end"
}

# servers_user NAME PASSWORD
servers_user()
{
	printf '%s:%s\n' "$1" "$(openssl passwd -apr1 "$2")" \
		>>"$servers_dir/htpasswd"
}

# servers_nginx_locations ROOT AWAY: the part of nginx's configuration that the
# plain and the TLS ports share.
servers_nginx_locations()
{
	servers_backend=$(git --exec-path)/git-http-backend
	cat <<-END
		root $servers_dir/static-root;
		location /static/ { alias $servers_dir/static/; }
		location /teapot/ { return 500; }
		location /away/ {
		rewrite ^/away/(.*)\$ $2/\$1 redirect;
		}
		location /down/ {
		rewrite ^/down/(.*)\$ http://localhost:$HTTP_PORT/\$1 redirect;
		}
		location /moved/ { rewrite ^/moved/(.*)\$ /git/\$1 permanent; }
	END
	for servers_place in git private; do
		echo "location /$servers_place/ {"
		[ "$servers_place" = git ] || cat <<-END
			auth_basic test;
			auth_basic_user_file $servers_dir/htpasswd;
			fastcgi_param REMOTE_USER \$remote_user;
		END
		cat <<-END
			rewrite ^/$servers_place(/.*)\$ \$1 break;
			fastcgi_pass unix:$servers_dir/fcgi.sock;
			fastcgi_param SCRIPT_FILENAME $servers_backend;
			fastcgi_param PATH_INFO \$uri;
			fastcgi_param GIT_PROJECT_ROOT $1;
			fastcgi_param GIT_HTTP_EXPORT_ALL 1;
			fastcgi_param QUERY_STRING \$query_string;
			fastcgi_param REQUEST_METHOD \$request_method;
			fastcgi_param CONTENT_TYPE \$content_type;
			fastcgi_param CONTENT_LENGTH \$content_length;
			fastcgi_param HTTP_CONTENT_ENCODING \$http_content_encoding;
			fastcgi_param GIT_PROTOCOL \$http_git_protocol;
			}
		END
	done
}

servers_nginx_config()
{
	[ "$(id -u)" != 0 ] || echo 'user root;'
	cat <<-END
		daemon off;
		worker_processes 1;
		pid $servers_dir/nginx.pid;
		error_log $servers_dir/nginx.log;
		events { worker_connections 64; }
		http {
		log_format auth '\$host \$status \$request_uri "\$http_authorization"';
		access_log $servers_dir/access.log;
		access_log $servers_dir/auth.log auth;
		client_body_temp_path $servers_dir/t1;
		proxy_temp_path $servers_dir/t2;
		fastcgi_temp_path $servers_dir/t3;
		uwsgi_temp_path $servers_dir/t4;
		scgi_temp_path $servers_dir/t5;
		client_max_body_size 0;
		absolute_redirect off;
		server { listen 127.0.0.1:$HTTP_PORT;
	END
	servers_nginx_locations "$1" "http://localhost:$HTTP_PORT"
	echo '}'
	servers_nginx_tls "$1" "$HTTPS_PORT" cert
	servers_nginx_tls "$1" "$EXPIRED_PORT" expired
	servers_nginx_tls "$1" "$ELSEWHERE_PORT" elsewhere
	echo '}'
}

# servers_nginx_tls ROOT PORT CERTIFICATE
servers_nginx_tls()
{
	cat <<-END
		server { listen 127.0.0.1:$2 ssl;
		ssl_certificate $servers_dir/$3.pem;
		ssl_certificate_key $servers_dir/key.pem;
	END
	servers_nginx_locations "$1" "https://127.0.0.1:$2"
	echo '}'
}

servers_nginx()
{
	servers_need nginx fcgiwrap openssl shuf || return
	mkdir -p "$servers_dir/static"
	[ -s "$servers_dir/cert.pem" ] || servers_certificates || return
	: >"$servers_dir/htpasswd"
	servers_user tester secret
	fcgiwrap -s "unix:$servers_dir/fcgi.sock" \
		>>"$servers_dir/fcgi.log" 2>&1 &
	servers_pids="$servers_pids $!"
	servers_await test -S "$servers_dir/fcgi.sock" || return 1
	for servers_try in 1 2 3 4 5; do
		HTTP_PORT=$(servers_random_port)
		HTTPS_PORT=$((HTTP_PORT + 1))
		EXPIRED_PORT=$((HTTP_PORT + 2))
		ELSEWHERE_PORT=$((HTTP_PORT + 3))
		rm -f "$servers_dir/nginx.pid"
		servers_nginx_config "$1" >"$servers_dir/nginx.conf"
		nginx -p "$servers_dir" -c "$servers_dir/nginx.conf" \
			>>"$servers_dir/nginx.log" 2>&1 &
		servers_pid=$!
		servers_await test -s "$servers_dir/nginx.pid" -o \
			! -d "/proc/$servers_pid"
		if [ -s "$servers_dir/nginx.pid" ]; then
			servers_pids="$servers_pids $servers_pid"
			return 0
		fi
	done
	echo "nginx does not start (try $servers_try):"
	tail -n 3 "$servers_dir/nginx.log"
	return 1
}

servers_sshd_config()
{
	cat <<-END
		Port $SSH_PORT
		ListenAddress 127.0.0.1
		HostKey $servers_dir/host-key
		PidFile $servers_dir/sshd.pid
		AuthorizedKeysFile $servers_dir/authorized_keys
		StrictModes no
		UsePAM no
		PasswordAuthentication no
		KbdInteractiveAuthentication no
		PermitRootLogin prohibit-password
		AcceptEnv GIT_PROTOCOL
	END
}

servers_sshd()
{
	servers_need sshd ssh ssh-keygen git-upload-pack shuf || return
	servers_sshd=$(command -v sshd)
	[ "$(id -u)" != 0 ] || mkdir -p /run/sshd
	for servers_key in host-key other-host-key user-key; do
		[ -f "$servers_dir/$servers_key" ] ||
			ssh-keygen -q -t ed25519 -N '' -C tester@example.org \
				-f "$servers_dir/$servers_key" || return
	done
	# Whatever else the key is used for fails.
	cat >"$servers_dir/only-upload-pack" <<-'END'
		#!/bin/sh
		case $SSH_ORIGINAL_COMMAND in
		"git-upload-pack '"*) exec git-shell -c "$SSH_ORIGINAL_COMMAND" ;;
		*) echo "refused: $SSH_ORIGINAL_COMMAND" >&2; exit 1 ;;
		esac
	END
	chmod +x "$servers_dir/only-upload-pack"
	printf 'restrict,command="%s" %s\n' "$servers_dir/only-upload-pack" \
		"$(cat "$servers_dir/user-key.pub")" \
		>"$servers_dir/authorized_keys"
	for servers_try in 1 2 3 4 5; do
		SSH_PORT=$(servers_random_port)
		servers_sshd_config >"$servers_dir/sshd_config"
		rm -f "$servers_dir/sshd.pid"
		"$servers_sshd" -D -e -f "$servers_dir/sshd_config" \
			>>"$servers_dir/sshd.log" 2>&1 &
		servers_pid=$!
		servers_await test -s "$servers_dir/sshd.pid" -o \
			! -d "/proc/$servers_pid"
		[ -s "$servers_dir/sshd.pid" ] && break
	done
	if ! [ -s "$servers_dir/sshd.pid" ]; then
		echo "sshd does not start (try $servers_try):"
		tail -n 3 "$servers_dir/sshd.log"
		return 1
	fi
	servers_pids="$servers_pids $servers_pid"
	servers_known_hosts host-key >"$servers_dir/known_hosts"
	servers_known_hosts other-host-key >"$servers_dir/wrong_hosts"
	servers_ssh_config known_hosts >"$servers_dir/ssh-config"
	servers_ssh_config wrong_hosts >"$servers_dir/ssh-config-wrong"
	servers_ssh_config no_hosts >"$servers_dir/ssh-config-unknown"
}

servers_known_hosts()
{
	printf '[127.0.0.1]:%s %s\n' "$SSH_PORT" \
		"$(cut -d ' ' -f 1,2 "$servers_dir/$1.pub")"
}

# `remote.example.org` is the server by a name that only this file knows.
servers_ssh_config()
{
	cat <<-END
		Host remote.example.org 127.0.0.1
		HostName 127.0.0.1
		Port $SSH_PORT
		User $(id -un)
		IdentityFile $servers_dir/user-key
		IdentitiesOnly yes
		IdentityAgent none
		StrictHostKeyChecking yes
		UserKnownHostsFile $servers_dir/$1
		GlobalKnownHostsFile /dev/null
	END
}
