<?xml version="1.0" encoding="UTF-8"?>
<!-- SPDX-License-Identifier: GPL-2.0-or-later -->
<!--
  QEMU's own arguments, in the one <qemu:commandline>.

  Plan:  <qemu-arg>
           <group [instead='OLD']><arg value='-device'/><arg value='VALUE'/></group>
           <group unset='yes'><arg value='VALUE'/></group>
         </qemu-arg>

  A group is there when its arguments stand one behind the other. One that is not is
  appended; with 'instead', VALUE takes the place of OLD behind the same option.
-->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
                xmlns:qemu="http://libvirt.org/schemas/domain/qemu/1.0"
                exclude-result-prefixes="qemu">
  <xsl:param name="plan"/>
  <xsl:variable name="groups" select="document($plan)/plan/qemu-arg/group"/>
  <xsl:variable name="unset" select="$groups[@unset]"/>
  <xsl:variable name="args" select="/domain/qemu:commandline[1]/qemu:arg"/>

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
    <xsl:variable name="there"><xsl:call-template name="is-there"/></xsl:variable>
    <xsl:if test="not(@unset) and $there = ''
                  and not(@instead and $args[@value = current()/@instead and
                          preceding-sibling::qemu:arg[1]/@value = current()/arg[1]/@value])">
      <xsl:for-each select="arg">
        <qemu:arg value="{@value}"/>
      </xsl:for-each>
    </xsl:if>
  </xsl:template>

  <!-- something when the group is a run of the guest's arguments -->
  <xsl:template name="is-there">
    <xsl:apply-templates select="$args[@value = current()/arg[1]/@value]" mode="begins">
      <xsl:with-param name="arg" select="arg[1]"/>
    </xsl:apply-templates>
  </xsl:template>

  <!-- something when a run begins here that equals the group from $arg on -->
  <xsl:template match="qemu:arg" mode="begins">
    <xsl:param name="arg"/>
    <xsl:choose>
      <xsl:when test="not(@value = $arg/@value)"/>
      <xsl:when test="not($arg/following-sibling::arg)">.</xsl:when>
      <xsl:otherwise>
        <xsl:apply-templates select="following-sibling::qemu:arg[1]" mode="begins">
          <xsl:with-param name="arg" select="$arg/following-sibling::arg[1]"/>
        </xsl:apply-templates>
      </xsl:otherwise>
    </xsl:choose>
  </xsl:template>

  <xsl:template match="/domain/qemu:commandline[1]/qemu:arg">
    <xsl:variable name="rest"><xsl:apply-templates select="." mode="rest"/></xsl:variable>
    <xsl:variable name="option" select="preceding-sibling::qemu:arg[1]/@value"/>
    <xsl:variable name="group" select="$groups[@instead = current()/@value
                                               and arg[1]/@value = $option]"/>
    <xsl:if test="$rest != ''">
      <xsl:copy>
        <xsl:copy-of select="@*"/>
        <xsl:if test="$group">
          <xsl:attribute name="value">
            <xsl:value-of select="$group[1]/arg[2]/@value"/>
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
    <xsl:variable name="here" select="."/>
    <xsl:variable name="gone">
      <xsl:for-each select="$unset/arg[@value = current()/@value]">
        <xsl:variable name="before" select="$here|$here/preceding-sibling::qemu:arg"/>
        <xsl:variable name="first" select="count($before) - count(preceding-sibling::arg)"/>
        <xsl:apply-templates select="$before[position() = $first]" mode="begins">
          <xsl:with-param name="arg" select="../arg[1]"/>
        </xsl:apply-templates>
      </xsl:for-each>
    </xsl:variable>
    <xsl:if test="$gone = ''">.</xsl:if>
  </xsl:template>
</xsl:stylesheet>
