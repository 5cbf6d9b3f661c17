<?xml version="1.0" encoding="UTF-8"?>
<!-- SPDX-License-Identifier: GPL-2.0-or-later -->
<!--
  Keyboards and mice by evdev.

  Plan:  <evdev>
           <input dev='PATH' grab='all' grabToggle='ctrl-ctrl' repeat='on'>
             <also dev='PATH'/>               another name that the guest has for it
           </input>
           <object value='input-linux,...'/>  a QEMU argument that goes, with its -object
         </evdev>
         <evdev evgrab='yes'>                 evgrab's keyboard and mouse, and no others
           <input dev='PATH' .../>
           <passthrough evdev='PATH'/>
         </evdev>
         <evdev unset='yes'/>

  An input that the guest has is changed in place; attributes that are not in the plan
  stay. Of inputs by passthrough those of evgrab's devices are ours, by their names.
-->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
                xmlns:qemu="http://libvirt.org/schemas/domain/qemu/1.0"
                exclude-result-prefixes="qemu">
  <xsl:param name="plan"/>
  <xsl:variable name="p" select="document($plan)/plan/evdev"/>
  <xsl:variable name="set" select="not($p/@unset)"/>
  <xsl:variable name="has" select="/domain/devices[1]/input[@type = 'evdev']/source/@dev"/>
  <xsl:variable name="link" select="'/dev/input/by-id/vfiokit-'"/>
  <xsl:variable name="passed" select="/domain/devices[1]/input[@type = 'passthrough'
      and starts-with(source/@evdev, $link)]"/>
  <xsl:variable name="ours" select="/domain/devices[1]/input[@type = 'evdev'] | $passed"/>
  <xsl:variable name="new" select="$p/input[not(@dev = $has or also/@dev = $has)]
      | $p/passthrough[not(@evdev = $passed/source/@evdev)]"/>

  <!-- the guest as it is, where no template below knows better -->
  <xsl:template match="node()"><xsl:copy-of select="."/></xsl:template>

  <!-- the arguments that go: values whose option is -object -->
  <xsl:variable name="objects" select="/domain/qemu:commandline[1]/qemu:arg[
      @value = $p/object/@value and (preceding-sibling::qemu:arg[1]/@value = '-object'
      or preceding-sibling::qemu:arg[1]/@value = '--object')]"/>

  <xsl:template match="evdev/input">
    <input type="evdev">
      <source>
        <xsl:copy-of select="@*"/>
      </source>
    </input>
  </xsl:template>

  <xsl:template match="evdev/passthrough">
    <input type="passthrough" bus="virtio">
      <source>
        <xsl:copy-of select="@*"/>
      </source>
    </input>
  </xsl:template>

  <xsl:template match="/domain">
    <xsl:copy>
      <xsl:copy-of select="@*"/>
      <xsl:apply-templates select="node()"/>
      <xsl:if test="$new and not(devices)">
        <devices><xsl:apply-templates select="$new"/></devices>
      </xsl:if>
    </xsl:copy>
  </xsl:template>

  <!-- new ones stand behind the inputs that there are -->
  <xsl:template match="/domain/devices[1]">
    <xsl:variable name="place" select="generate-id(input[last()])"/>
    <xsl:if test="$set or comment()
                  or processing-instruction() or not($ours) or count(*) > count($ours)">
      <xsl:copy>
        <xsl:copy-of select="@*"/>
        <xsl:for-each select="node()">
          <xsl:apply-templates select="."/>
          <xsl:if test="generate-id() = $place">
            <xsl:apply-templates select="$new"/>
          </xsl:if>
        </xsl:for-each>
        <xsl:if test="not($place)">
          <xsl:apply-templates select="$new"/>
        </xsl:if>
      </xsl:copy>
    </xsl:if>
  </xsl:template>

  <xsl:template match="/domain/devices[1]/input[@type = 'evdev']">
    <xsl:variable name="dev" select="source/@dev"/>
    <xsl:variable name="input" select="$p/input[@dev = $dev or also/@dev = $dev][1]"/>
    <xsl:variable name="before" select="preceding-sibling::input[@type = 'evdev']/source/@dev"/>
    <xsl:if test="$set and ($input or not($p/@evgrab) or contains($dev, '-event-joystick')
                  or contains($dev, '-event-tablet'))
                  and not($input/@dev = $before or $input/also/@dev = $before)">
      <xsl:copy>
        <xsl:copy-of select="@*"/>
        <xsl:apply-templates select="node()"/>
      </xsl:copy>
    </xsl:if>
  </xsl:template>

  <xsl:template match="/domain/devices[1]/input[@type = 'passthrough']">
    <xsl:variable name="evdev" select="source/@evdev"/>
    <xsl:variable name="before"
        select="preceding-sibling::input[@type = 'passthrough']/source/@evdev"/>
    <xsl:if test="not(starts-with($evdev, $link)) or $set and (not($p/@evgrab)
                  or contains($evdev, '-event-joystick') or contains($evdev, '-event-tablet')
                  or $p/passthrough/@evdev = $evdev and not($evdev = $before))">
      <xsl:copy-of select="."/>
    </xsl:if>
  </xsl:template>

  <xsl:template match="/domain/devices[1]/input[@type = 'evdev']/source">
    <xsl:variable name="input"
        select="$p/input[@dev = current()/@dev or also/@dev = current()/@dev][1]"/>
    <xsl:copy>
      <xsl:copy-of select="@*"/>
      <xsl:copy-of select="$input/@*"/>
      <xsl:apply-templates select="node()"/>
    </xsl:copy>
  </xsl:template>

  <xsl:template match="/domain/qemu:commandline[1]">
    <xsl:if test="not($objects) or comment()
                  or processing-instruction() or *[not(self::qemu:arg)]
                  or count(qemu:arg) > 2 * count($objects)">
      <xsl:copy>
        <xsl:copy-of select="@*"/>
        <xsl:apply-templates select="node()"/>
      </xsl:copy>
    </xsl:if>
  </xsl:template>

  <xsl:template match="/domain/qemu:commandline[1]/qemu:arg">
    <xsl:variable name="next" select="following-sibling::qemu:arg[1]"/>
    <xsl:if test="count(.|$objects) > count($objects)
                  and (not($next) or count($next|$objects) > count($objects))">
      <xsl:copy-of select="."/>
    </xsl:if>
  </xsl:template>
</xsl:stylesheet>
