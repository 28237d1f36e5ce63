# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
#
# For tests of what a person sees on a terminal, which is tmux's: keys, and lines of
# the screen. Sourced, after tap.sh, whose work directory it removes too; what the
# terminal is called decides nothing, for every test has a server of its own.

session="tmux -L peng-$$"
# shellcheck disable=SC2154 # tap.sh sets it
trap '$session kill-server 2>/dev/null; rm -rf "$work"' EXIT

# open_screen COMMAND...: runs on a screen of 140 columns and 24 lines
open_screen()
{
	$session -f /dev/null new-session -d -x 140 -y 24 "$@"
}

screen()
{
	$session capture-pane -p
}

# shows PATTERN: a line of the screen, soon; spaces at its end are not seen
shows()
{
	tries=1200
	until screen | grep -qE "$1"; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || return 1
		sleep 0.2
	done
}

# sees WHAT PATTERN: one test
sees()
{
	if shows "$2"; then
		result 0 "$1"
	else
		screen 2>&1 | sed 's/^/# /'
		result 1 "$1"
	fi
}

# key NAME...: as tmux calls them
key()
{
	$session send-keys "$@"
}

# type_line TEXT
type_line()
{
	$session send-keys -l "$1"
	key Enter
}
