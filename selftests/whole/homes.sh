#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Proves VMs that have a name and a home, as a user types their commands: one is
# made, runs in the background, is reached by its console, outlives a reset of its
# guest, is stopped and removed; a copy of its folder is another VM. What cannot be
# done is refused in one line and changes nothing, and a launcher that was killed
# leaves nothing in the way. Where systemd runs, it is asked to start root's VMs.

# shellcheck disable=SC2154 # tap.sh sets $work

. "$(dirname "$(readlink -f "$0")")/../lib/tap.sh"

PENG_HOME=$work/vms
export PENG_HOME

create()
{
	name=$1
	shift
	peng create "$name" --device "$PENG_DEVICE" --kernel "$KERNEL" --initrd "$INITRD" \
		--append "$APPEND" "$@"
}

# in_console NAME TEXT [FILE]
in_console()
{
	tr -d '\r' <"$PENG_HOME/$1/console.log" | grep -q "$2"
}

pid_of()
{
	cat "$PENG_HOME/$1/run/pid"
}

# type_to NAME LINE: to the guest's shell, by the console's socket
type_to()
{
	echo "$2" >&8
}

listed()
{
	peng ls | awk '{ print $2 }' | grep -qx "$1"
}

# as_unit COMMAND...: with the stand-in of systemd, which knows root's own homes
as_unit()
{
	env -u PENG_HOME PATH="$work/bin:$PATH" "$@"
}

by_systemd()
{
	if [ -e /run/systemd ]; then
		for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14; do skip "there is a real systemd: $i"; done
		return
	fi
	mkdir -p bin /run/systemd/system
	cp "$lib/systemctl" bin
	check "create" as_unit peng create u --device "$PENG_DEVICE" --kernel "$KERNEL" \
		--initrd "$INITRD" --append "$APPEND" --memory 128M
	check "start by systemd" as_unit peng start u
	is "what it was asked" "$(xargs </run/systemd/asked)" "cat peng@u.service start peng@u.service"
	is "the unit's own process runs it" \
		"$(tr '\0' ' ' <"/proc/$(cat /var/lib/peng/u/run/pid)/cmdline")" "peng start --foreground u "
	says 1 "u runs already" as_unit peng start u
	check "stop" as_unit peng stop --timeout 0 u 2>err
	echo 'disk = nothere' >>/var/lib/peng/u/config
	says 1 'u did not start; journalctl -u peng@u says why' as_unit peng start u
	: >/run/systemd/asked
	check "in the foreground" as_unit sh -c '! peng start --foreground u 2>err'
	is "nobody is asked" "$(cat /run/systemd/asked)" ""
	check "remove" as_unit peng rm u
	rm -r /run/systemd
}

lib=$(dirname "$(readlink -f "$0")")/../lib
plan 129
cd "$work" || exit 4
truncate -s 1M disk
# shellcheck disable=SC2016 # the parameter is the editor's
echo 'echo nonsense >>$1' >worse
echo "sed -i '/nonsense/d; s/256M/128M/' \$1" >better
says 2 'no kernel' peng create a
says 1 '/nowhere: No such file' peng create a --kernel /nowhere
says 1 'nodisk: No such file' create a --disk nodisk
says 2 'a name is a letter' create ../a
says 2 '--name is for peng run' create a --name b
says 2 'unknown option' create a --no-such
check "nothing was made" [ ! -e "$PENG_HOME" ]
says 2 'takes a percentage' create a --cpu-limit 0.1
says 2 'takes a list of CPUs' create a --affinity 0-
says 2 'takes each of pmu, sve' create a --features pmu,no-pmu
says 1 'no mte for guests' peng run --device "$PENG_DEVICE" --kernel "$KERNEL" --features mte
check "create" create a --disk disk --cpus 2 --memory 256M --affinity 1
says 1 'there is a VM a already' create a
is "its disk, by a name that holds elsewhere" \
	"$(sed -n 's/^disk = //p' "$PENG_HOME/a/config")" "$work/disk"
is "its folder is the owner's" "$(stat -c %a "$PENG_HOME/a")" 700
says 3 'there is no VM b' peng start b
says 3 'there is no VM b' peng stop b
says 1 'a does not run' peng console a
check "stop of one that does not run" peng stop a
if [ "${PENG_DEVICE##*/}" = kvm ]; then
	skip "KVM has no list"
	skip "KVM has no list"
	skip "KVM has no list"
else
	is "ls --all has it" "$(peng ls --all |
		awk '$2 == "a" { print $1, $3, $4, $5, $6 }')" "- stopped 2 256M -"
	is "ls has not" "$(peng ls | grep -c ' a ')" 0
	is "ls --all for programs" "$(peng ls --json --all)" "$(tr -d '\n\t' <<-END
		{"vms":[{"id":null,"name":"a","pid":null,"uid":0,"created":null,
		"state":"stopped","vcpus":2,"slots":null,"memory":268435456,
		"quota_us":null,"period_us":null,"throttled":null,"throttled_ns":null,"cgroup":null,"mapped":null}]}
		END
	)"
fi
says 1 "unknown option 'nonsense'" env EDITOR='sh ../../worse' peng edit a
is "a bad edit changes nothing" "$(grep -c nonsense "$PENG_HOME/a/config")" 0
check "an edit" env EDITOR='sh ../../better' peng edit a
is "changes the config" "$(sed -n 's/^memory = //p' "$PENG_HOME/a/config")" 128M
sed -i 's/128M/256M/' "$PENG_HOME/a/config"

[ "${PENG_DEVICE##*/}" = kvm ] || echo 'cpu-limit = 150' >>"$PENG_HOME/a/config"
check "start" peng start a
check "it runs" kill -0 "$(pid_of a)"
says 1 "a runs already, by process $(pid_of a)" peng start a
says 1 'a runs; stop it first' peng rm a
check "its disk is there still" [ -e "$PENG_HOME/a/config" ]
is "its sockets are the owner's" "$(stat -c %a "$PENG_HOME/a/run/control")" 600
if [ "${PENG_DEVICE##*/}" = kvm ]; then
	skip "KVM has no names"
	skip "KVM has no names"
	skip "KVM has no limits"
else
	is "it has what its config limits it to" "$(peng limit a | awk '
		/^cpu / { print $2 } /cpus/ { print $4 }' | xargs)" "150% 1 1"
	check "listed by its name" listed a
	is "ls --all has it once" "$(peng ls --all | grep -c ' a ')" 1
fi
check "its guest boots" wait_for 180 in_console a 'guest#'

mkfifo in
peng console a <in >shown 2>&1 &
console=$!
exec 8>in
# shellcheck disable=SC2016 # it is for the guest's shell
type_to a 'echo =cpus= $(nproc) $(grep -c vda /proc/partitions)'
check "the console takes input" wait_for 120 in_console a '^=cpus= 2 1'
check "and shows output" wait_for 60 grep -q '=cpus= 2 1' shown
type_to a 'reboot -f'
check "it outlives a reset" wait_for 180 sh -c "[ \$(grep -c 'guest#' shown) -ge 2 ]"
check "in the same process" kill -0 "$(pid_of a)"
launcher=$(pid_of a)
type_to a 'poweroff -f'
wait $console
is "the console ends with the guest" $? 0
exec 8>&-
check "the launcher ends" wait_for 120 sh -c "! kill -0 $launcher"
is "the log says how" "$(cat "$PENG_HOME/a/log")" "peng: a ended with status 0"
is "no socket is left" "$(ls "$PENG_HOME/a/run")" pid
says 1 'a does not run' peng console a

check "start again" peng start a
check "the console's log is a new one" [ -e "$PENG_HOME/a/console.log.1" ]
launcher=$(pid_of a)
kill -KILL "$launcher"
wait_for 60 sh -c "! kill -0 $launcher"
says 0 "its launcher, process $launcher, died" peng stop a
says 1 'a does not run' peng console a
check "start after the launcher was killed" peng start a
check "restart" peng restart --timeout 0 a 2>err
check "another process" [ "$(pid_of a)" != "$launcher" ]
check "stop, by force" peng stop --timeout 0 a 2>err
check "says so" grep -q 'was forced' err
check "it does not run" [ ! -s "$PENG_HOME/a/run/pid" ]

check "start once more" peng start a
wait_for 240 in_console a 'guest#'
check "stop" peng stop --timeout 300 a 2>err
is "the guest has powered off" "$(tail -n 1 "$PENG_HOME/a/log")" "peng: a ended with status 0"
is "it was not forced" "$(cat err)" ""

cp -a "$PENG_HOME/a" "$PENG_HOME/b"
echo 'memory = lots' >>"$PENG_HOME/b/config"
check "a bad config is refused" sh -c '! peng start b 2>err'
check "with its line" grep -q "config, line $(wc -l <"$PENG_HOME/b/config"): mend this" err
sed -i '/lots/d; s/^disk.*/disk = disk.img/' "$PENG_HOME/b/config"
says 1 'cannot open disk disk.img' peng start b
cp disk "$PENG_HOME/b/disk.img"
check "both start" sh -c 'peng start a && peng start b'
check "by processes of their own" [ "$(pid_of a)" != "$(pid_of b)" ]
check "the copy's guest boots" wait_for 240 in_console b 'guest#'
check "stop both" sh -c 'peng stop --timeout 0 a 2>err && peng stop --timeout 0 b 2>err'
check "remove" peng rm a
check "its folder is gone" [ ! -e "$PENG_HOME/a" ]
check "what was not in it stays" [ -e disk ]
check "remove the copy" peng rm b
mkdir "$PENG_HOME/c"
says 1 'no config' peng rm c
by_systemd
finish
