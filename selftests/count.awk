# SPDX-License-Identifier: GPL-2.0-only
#
# Counts one job of selftests/run: first file its rows, second its output, which
# is the TAP of the kselftest runner with that of each program nested behind
# "# ".  Prints a line for each program, one for each failure with what the
# program said before it, and last `total PASSED FAILED SKIPPED`.  A program that
# has other results than it planned has failed once more.

function row_of(line,  words) {
	sub(/^#? ?(not )?(ok [0-9]+ )?selftests: /, "", line)
	sub(/ #.*/, "", line)
	split(line, words, ": ")
	return words[1] "/" words[2]
}

function fail(file, what) {
	print "FAIL " job " " file ": " what
	if (said != "")
		printf "%s", said
	said = ""
	failed[file]++
}

FNR == NR {
	order[++rows] = $1
	next
}

/^# selftests: / {
	file = row_of($0)
	said = ""
	next
}

/^# 1\.\.[0-9]+/ {
	planned[file] = substr($2, 4) + 0
	next
}

/^# (not )?ok [0-9]+/ {
	results[file]++
}

/^# ok [0-9]+ .*# SKIP/ {
	skipped[file]++
	said = ""
	next
}

/^# ok [0-9]+/ {
	passed[file]++
	said = ""
	next
}

/^# not ok [0-9]+/ {
	what = $0
	sub(/^# not ok [0-9]+ (- )?/, "", what)
	fail(file, what)
	next
}

/^(not )?ok [0-9]+ selftests: / {
	file = row_of($0)
	ended[file] = 1
	if (/# SKIP/)
		skipped[file]++
	else if (/^not ok/ && !failed[file])
		fail(file, $0)
	else if (!passed[file] && !failed[file] && !skipped[file])
		passed[file]++
	next
}

/^# host: / {
	print "    " substr($0, 3)
	next
}

# A program's own words; the harness's progress is left out.
/^# / && !/ (RUN|OK|FAIL|SKIP) / && !/TAP version|^# [0-9]+\.\.|^# # (Starting|PASSED|FAILED|Totals)/ {
	said = said "    " substr($0, 3) "\n"
}

END {
	for (i = 1; i <= rows; i++) {
		file = order[i]
		if (!ended[file])
			fail(file, "did not come to its end")
		else if (planned[file] != "" && results[file] + 0 != planned[file])
			fail(file, "planned " planned[file] " tests, ran " results[file] + 0)
		printf "%-15s %-24s %3d passed %3d failed %3d skipped\n", job, file,
			passed[file], failed[file], skipped[file]
		p += passed[file]
		f += failed[file]
		s += skipped[file]
	}
	if (status != 0) {
		print "FAIL " job ": the host ended with status " status
		f++
	}
	print "total " p + 0 " " f + 0 " " s + 0
}
