# SPDX-License-Identifier: GPL-2.0-or-later
#
# Counts the tests in what `ctest -V` says. A ctest test that speaks TAP counts as the
# tests it lists, any other as one. Shows the output of those that failed and the reasons
# of those that were skipped, then "passed failed skipped" on the last line.

# "12: what test number 12 prints"
match($0, /^[0-9]+: /) {
	id = substr($0, 1, RLENGTH - 2) + 0
	text = substr($0, RLENGTH + 1)
	output[id] = output[id] text "\n"
	if (text ~ /^(not )?ok [0-9]+ .*# (skip|SKIP)/) {
		skips[id]++
		reasons[id] = reasons[id] text "\n"
	} else if (text ~ /^ok [0-9]+/) {
		oks[id]++
	} else if (text ~ /^not ok [0-9]+/) {
		bads[id]++
	}
	next
}

# "3/7 Test #12: unit.check_error ......   Passed    0.02 sec"
match($0, /^ *[0-9]+\/[0-9]+ Test +#[0-9]+: /) {
	id = $0
	sub(/^[^#]*#/, "", id)
	id += 0
	split(substr($0, RLENGTH + 1), word, " ")
	n = oks[id] + bads[id] + skips[id]
	passed += oks[id]
	skipped += skips[id]
	if ($0 ~ /\*\*\*Skipped/) {
		skipped += n == 0
		printf "skipped: %s: %s", word[1], output[id]
	} else if ($0 ~ / Passed +[0-9.]+ sec/) {
		passed += n == 0
		if (skips[id])
			printf "skipped in %s:\n%s", word[1], reasons[id]
	} else {
		# killed after its last test, or a leak found at its exit: one failure more
		failed += bads[id] ? bads[id] : 1
		printf "FAILED: %s\n%s", substr($0, RLENGTH + 1), output[id]
	}
	delete output[id]
}

END {
	print passed + 0, failed + 0, skipped + 0
}
