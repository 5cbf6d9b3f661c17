<?xml version="1.0" encoding="UTF-8"?>
<!-- SPDX-License-Identifier: GPL-2.0-or-later -->
<!--
  QEMU's own arguments, in the one <qemu:commandline>.

  Plan:  <qemu-arg>
           <group [instead='OLD']><arg value='-device'/><arg value='VALUE'/></group>
           <group unset='yes'><arg value='VALUE'/></group>
         </qemu-arg>

  In the guest, an argument that begins with '-' begins a group, in which those behind it
  are; arguments before the first option are groups of their own. A wish is there when it
  equals a run of whole groups. One that is not is appended; with 'instead', VALUE takes
  the place of OLD, alone behind the same option. What is wished is not taken out.
-->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
                xmlns:qemu="http://libvirt.org/schemas/domain/qemu/1.0"
                exclude-result-prefixes="qemu">
  <xsl:param name="plan"/>
  <xsl:variable name="groups" select="document($plan)/plan/qemu-arg/group"/>
  <xsl:variable name="args" select="/domain/qemu:commandline[1]/qemu:arg"/>
  <xsl:variable name="option" select="$args[starts-with(@value, '-')][1]"/>
  <xsl:variable name="begins" select="$args[starts-with(@value, '-')]
                                      |$option/preceding-sibling::qemu:arg
                                      |$args[not($option)]"/>

  <!-- the ids of the arguments that are wished, and of those that go -->
  <xsl:variable name="kept">
    <xsl:apply-templates select="$groups[not(@unset)]" mode="runs"/>
    <xsl:apply-templates select="$args" mode="replaced"/>
  </xsl:variable>
  <xsl:variable name="gone">
    <xsl:apply-templates select="$groups[@unset]" mode="runs">
      <xsl:with-param name="kept" select="$kept"/>
    </xsl:apply-templates>
  </xsl:variable>

  <!-- the guest as it is, where no template below knows better -->
  <xsl:template match="node()"><xsl:copy-of select="."/></xsl:template>

  <xsl:template match="/domain">
    <xsl:copy>
      <xsl:copy-of select="@*"/>
      <xsl:apply-templates select="node()"/>
      <xsl:if test="$groups[not(@unset)] and not(qemu:commandline)">
        <qemu:commandline>
          <xsl:apply-templates select="$groups" mode="new"/>
        </qemu:commandline>
      </xsl:if>
    </xsl:copy>
  </xsl:template>

  <xsl:template match="/domain/qemu:commandline[1]">
    <xsl:variable name="rest"><xsl:apply-templates select="node()" mode="rest"/></xsl:variable>
    <xsl:if test="$groups[not(@unset)] or $rest != '' or not(*)">
      <xsl:copy>
        <xsl:copy-of select="@*"/>
        <xsl:apply-templates select="node()"/>
        <xsl:apply-templates select="$groups" mode="new"/>
      </xsl:copy>
    </xsl:if>
  </xsl:template>

  <!-- the groups that are to be appended -->
  <xsl:template match="group" mode="new">
    <xsl:variable name="there"><xsl:apply-templates select="." mode="runs"/></xsl:variable>
    <xsl:variable name="replaced">
      <xsl:apply-templates select="$args[@value = current()/@instead]" mode="replaced">
        <xsl:with-param name="group" select="."/>
      </xsl:apply-templates>
    </xsl:variable>
    <xsl:if test="not(@unset) and $there = '' and $replaced = ''">
      <xsl:for-each select="arg">
        <qemu:arg value="{@value}"/>
      </xsl:for-each>
    </xsl:if>
  </xsl:template>

  <!-- the ids of all runs that equal the group -->
  <xsl:template match="group" mode="runs">
    <xsl:param name="kept"/>
    <xsl:apply-templates select="$begins[@value = current()/arg[1]/@value]" mode="run">
      <xsl:with-param name="arg" select="arg[1]"/>
      <xsl:with-param name="kept" select="$kept"/>
    </xsl:apply-templates>
  </xsl:template>

  <!-- the ids of the run that begins here when it equals the group from $arg on -->
  <xsl:template match="qemu:arg" mode="run">
    <xsl:param name="arg"/>
    <xsl:param name="kept"/>
    <xsl:param name="before"/>
    <xsl:variable name="id" select="concat(' ', generate-id(), ' ')"/>
    <xsl:variable name="next" select="following-sibling::qemu:arg[1]"/>
    <xsl:choose>
      <xsl:when test="not(@value = $arg/@value) or contains($kept, $id)"/>
      <xsl:when test="$arg/following-sibling::arg">
        <xsl:apply-templates select="$next" mode="run">
          <xsl:with-param name="arg" select="$arg/following-sibling::arg[1]"/>
          <xsl:with-param name="kept" select="$kept"/>
          <xsl:with-param name="before" select="concat($before, $id)"/>
        </xsl:apply-templates>
      </xsl:when>
      <xsl:when test="not($next) or count($next|$begins) = count($begins)">
        <xsl:value-of select="concat($before, $id)"/>
      </xsl:when>
    </xsl:choose>
  </xsl:template>

  <!-- the ids of an option and its one value, in the place of which goes another -->
  <xsl:template match="qemu:arg" mode="replaced">
    <xsl:param name="group" select="$groups[@instead]"/>
    <xsl:variable name="option" select="preceding-sibling::qemu:arg[1]"/>
    <xsl:variable name="next" select="following-sibling::qemu:arg[1]"/>
    <xsl:if test="$group[@instead = current()/@value and arg[1]/@value = $option/@value]
                  and (not($next) or starts-with($next/@value, '-'))">
      <xsl:value-of select="concat(' ', generate-id($option), '  ', generate-id(), ' ')"/>
    </xsl:if>
  </xsl:template>

  <xsl:template match="/domain/qemu:commandline[1]/qemu:arg">
    <xsl:variable name="rest"><xsl:apply-templates select="." mode="rest"/></xsl:variable>
    <xsl:variable name="replaced"><xsl:apply-templates select="." mode="replaced"/></xsl:variable>
    <xsl:variable name="option" select="preceding-sibling::qemu:arg[1]/@value"/>
    <xsl:if test="$rest != ''">
      <xsl:copy>
        <xsl:copy-of select="@*"/>
        <xsl:if test="$replaced != ''">
          <xsl:attribute name="value">
            <xsl:value-of select="$groups[@instead = current()/@value and
                                          arg[1]/@value = $option][1]/arg[2]/@value"/>
          </xsl:attribute>
        </xsl:if>
        <xsl:apply-templates select="node()"/>
      </xsl:copy>
    </xsl:if>
  </xsl:template>

  <!-- Something for all that stays when the unset groups are gone. -->
  <xsl:template match="*|comment()|processing-instruction()" mode="rest">.</xsl:template>
  <xsl:template match="text()" mode="rest"/>
  <xsl:template match="qemu:arg" mode="rest">
    <xsl:if test="not(contains($gone, concat(' ', generate-id(), ' ')))">.</xsl:if>
  </xsl:template>
</xsl:stylesheet>
