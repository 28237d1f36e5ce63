#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Proves that disks carry data unchanged both ways: the guest's checksum of what
# the host wrote, the host's of what the guest wrote and synced, a read-only
# disk that stays as it is, and two disks that are not mixed up.

# shellcheck disable=SC2154 # tap.sh sets $work

. "$(dirname "$(readlink -f "$0")")/../lib/tap.sh"

plan 7
dd if=/dev/urandom of="$work/in" bs=1M count=24 2>/dev/null
dd if=/dev/zero of="$work/out" bs=1M count=24 2>/dev/null
before=$(sum_of "$work/in")
guest --cpus 2 --disk "$work/in,ro" --disk "$work/out" <<'END'
{
echo =in= $(sha256sum /dev/vda | cut -d ' ' -f 1)
echo =size= $(cat /sys/block/vdb/size)
dd if=/dev/vda of=/dev/vdb bs=64k; dd if=/dev/urandom of=/dev/vdb bs=64k count=100 seek=10 conv=fsync
dd if=/dev/zero of=/dev/vda bs=4k count=1 conv=fsync && echo =written= yes || echo =written= no
sync; echo 3 >/proc/sys/vm/drop_caches
echo =out= $(sha256sum /dev/vdb | cut -d ' ' -f 1)
poweroff -f
}
END
is "powered off" $? 0
is "the guest reads what the host wrote" "$(said in)" "$before"
is "size" "$(said size)" $((24 * 2048))
is "the host reads what the guest wrote" "$(sum_of "$work/out")" "$(said out)"
is "read-only refuses" "$(said written)" no
is "read-only disk is unchanged" "$(sum_of "$work/in")" "$before"
[ "$(sum_of "$work/out")" != "$before" ]
result $? "the guest's own data arrived"
finish
