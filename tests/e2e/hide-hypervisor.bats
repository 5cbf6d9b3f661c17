#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later

setup() {
	load tweak
}

@test "features are made, and taken out again" {
	changes minimal.xml --hide-hypervisor <<-'EOF'
	6a7,14
	>   <features>
	>     <hyperv>
	>       <vendor_id state='on' value='0123456789ab'/>
	>     </hyperv>
	>     <kvm>
	>       <hidden state='on'/>
	>     </kvm>
	>   </features>
	EOF
	gives_back minimal.xml --unset=hide-hypervisor
}

@test "what is there is kept" {
	sed "s|</domain>|  <features>\n    <acpi/>\n    <hyperv>\n      <relaxed state='on'/>\n      <vendor_id state='on' value='mine'/>\n    </hyperv>\n    <kvm>\n      <hidden state='off'/>\n    </kvm>\n  </features>\n&|" \
		"$DATA/minimal.xml" >"$BATS_TEST_TMPDIR/features.xml"
	tweak --hide-hypervisor "$BATS_TEST_TMPDIR/features.xml"
	run diff "$BATS_TEST_TMPDIR/features.xml" "$BATS_TEST_TMPDIR/out.xml"
	[ "$output" = "$(printf "14c14\n<       <hidden state='off'/>\n---\n>       <hidden state='on'/>")" ]
}

@test "other features survive taking it out" {
	cp "$SRCDIR/examples/win11.xml" "$BATS_TEST_TMPDIR"
	tweak --hide-hypervisor "$BATS_TEST_TMPDIR/win11.xml"
	cp "$BATS_TEST_TMPDIR/out.xml" "$BATS_TEST_TMPDIR/hidden.xml"
	tweak --unset=hide-hypervisor "$BATS_TEST_TMPDIR/hidden.xml"
	diff "$BATS_TEST_TMPDIR/win11.xml" "$BATS_TEST_TMPDIR/out.xml"
}

@test "the stylesheet alone does the same" {
	sheet_agrees virsh.xml hide-hypervisor --hide-hypervisor
}

@test "where every Hyper-V feature is passed through, there is no vendor id" {
	local document=$BATS_TEST_TMPDIR/passthrough.xml
	sed "s|</domain>|  <features>\n    <hyperv mode='passthrough'/>\n  </features>\n&|" \
		"$DATA/minimal.xml" >"$document"
	changes "$document" --hide-hypervisor <<-'EOF'
	8a9,11
	>     <kvm>
	>       <hidden state='on'/>
	>     </kvm>
	EOF
	says "xmltweak: warning: hide-hypervisor: <hyperv mode='passthrough'> allows no vendor_id: the guest sees Hyper-V's own; mode='custom' would allow one"
	gives_back "$document" --unset=hide-hypervisor
}

@test "a comment keeps its place when what stood beside it goes" {
	local document=$BATS_TEST_TMPDIR/comment.xml
	sed "s|</domain>|  <features>\n    <kvm>\n      <!-- mine -->\n      <?mine too?>\n    </kvm>\n  </features>\n&|" \
		"$DATA/minimal.xml" >"$document"
	tweak --hide-hypervisor "$document"
	gives_back "$document" --unset=hide-hypervisor
}

@test "an element that becomes empty is written as the others are" {
	local document=$BATS_TEST_TMPDIR/empty.xml end hidden
	for end in "/>" " />" "></hyperv>"; do
		hidden="<hidden state='on'${end/hyperv/hidden}"
		sed "s|</domain>|  <features>\n    <hyperv mode='custom'$end\n  </features>\n&|" \
			"$DATA/minimal.xml" >"$document"
		tweak --hide-hypervisor "$document"
		grep -qF "$hidden" "$BATS_TEST_TMPDIR/out.xml"
		gives_back "$document" --unset=hide-hypervisor
	done
}
