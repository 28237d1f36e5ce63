#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Proves that an ordinary user who may open the device has VMs with homes of their own:
# what they make, start, watch and stop is theirs and others' is not; and that of two
# who start or stop a VM at once one does it.

# shellcheck disable=SC2154 # tap.sh sets $work

. "$(dirname "$(readlink -f "$0")")/../lib/tap.sh"

# as NAME COMMAND: of a shell, as that user
as()
{
	user=$1
	shift
	su "$user" -s /bin/sh -c "cd; unset PENG_HOME; $*"
}

# add_user NAME NUMBER
add_user()
{
	grep -q "^$1:" /etc/passwd || echo "$1:x:$2:$2::$work/$1:/bin/sh" >>/etc/passwd
	sed -i "s,^\($1:.*:\)[^:]*:/bin/sh,\1$work/$1:/bin/sh," /etc/passwd
	mkdir "$work/$1"
	chown "$2:$2" "$work/$1"
}

# listed_by NAME: names of the VMs that a user sees
listed_by()
{
	as "$1" peng ls | awk 'NR > 1 { print $2 }' | xargs
}

# succeeds NUMBER COMMAND: 1 or 0, as alice
succeeds()
{
	if as alice "$2" 2>"$work/err.$1"; then echo 1; else echo 0; fi
}

# of_two COMMAND: two of it at once; how many succeeded
of_two()
{
	succeeds 1 "$1" >"$work/first" &
	second=$(succeeds 2 "$1")
	wait $!
	echo $(($(cat "$work/first") + second))
}

plan 22
chmod 755 "$work"
add_user alice 1000
add_user bob 1001
mode=$(stat -c %a "$PENG_DEVICE")
chmod 600 "$PENG_DEVICE"
home=$work/alice/.local/share/peng
options="--device $PENG_DEVICE --kernel $KERNEL --initrd $INITRD --memory 256M --append '$APPEND'"
check "create" as alice "peng create a $options"
is "its folder is hers" "$(stat -c '%U %a' "$home/a")" "alice 700"
check "without the right to the device" sh -c "! su alice -c 'peng start a' 2>'$work/err'"
is "one line says so" "$(grep -c "^peng: .*$PENG_DEVICE: Permission denied" "$work/err")" 1
chmod 666 "$PENG_DEVICE"

is "of two who start it, one does" "$(of_two 'peng start a')" 1
is "and the other is told" \
	"$(cat "$work/err.1" "$work/err.2" | grep -cE '^peng: a (runs already|is being started)')" 1
is "in one line" "$(cat "$work/err.1" "$work/err.2" | wc -l)" 1
check "its guest boots" wait_for 240 grep -q 'guest#' "$home/a/console.log"
is "its launcher is hers" "$(stat -c %U "/proc/$(cat "$home/a/run/pid")")" alice
if [ "${PENG_DEVICE##*/}" = kvm ]; then
	for name in alice bob root pause others stopped; do skip "KVM has no list for $name"; done
else
	is "she sees it" "$(listed_by alice)" a
	is "another user does not" "$(listed_by bob)" ""
	is "root does" "$(peng ls | awk 'NR > 1 { print $2 }' | xargs)" a
	check "she pauses it and lets it go on" as alice "peng pause a && peng resume a"
	check "others may not" sh -c "! su bob -c 'peng pause a' 2>'$work/err'"
	is "and find none" "$(grep -c '^peng: ' "$work/err")" 1
fi
check "others cannot enter it" sh -c "! su bob -c 'PENG_HOME=$home peng stop a' 2>'$work/err'"
is "and are told" "$(grep -c "^peng: cannot enter $home/a: Permission denied" "$work/err")" 1
is "of two who stop it, both succeed" "$(of_two 'peng stop a')" 2
check "its guest has powered off" grep -q 'a ended with status 0' "$home/a/log"
check "remove" as alice "peng rm a"
check "its folder is gone" [ ! -e "$home/a" ]
as bob "peng create a $options" && as bob "peng start a"
is "another user's VM may have the name" $? 0
as bob "peng stop --timeout 0 a; peng rm a" 2>/dev/null
chmod "$mode" "$PENG_DEVICE"
finish
