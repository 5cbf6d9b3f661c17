<?xml version="1.0" encoding="UTF-8"?>
<!-- SPDX-License-Identifier: GPL-2.0-or-later -->
<!--
  Properties of QEMU's devices, in the one <qemu:override>.

  Plan:  <override>
           <property alias='ALIAS' name='NAME' type='TYPE' value='VALUE'/>
           <property alias='ALIAS' name='NAME' type='remove'/>
           <remove alias='ALIAS' name='NAME'/>
         </override>

  A property of type 'remove' is libvirt's word for one that QEMU is not to get; <remove>
  takes out what stands in the guest, and what is empty after that.
-->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
                xmlns:qemu="http://libvirt.org/schemas/domain/qemu/1.0"
                exclude-result-prefixes="qemu">
  <xsl:param name="plan"/>
  <xsl:variable name="p" select="document($plan)/plan/override"/>
  <xsl:variable name="override" select="/domain/qemu:override[1]"/>

  <!-- the guest as it is, where no template below knows better -->
  <xsl:template match="node()"><xsl:copy-of select="."/></xsl:template>

  <xsl:template match="/domain">
    <xsl:copy>
      <xsl:copy-of select="@*"/>
      <xsl:apply-templates select="node()"/>
      <xsl:if test="$p/property and not($override)">
        <qemu:override>
          <xsl:call-template name="new-devices"/>
        </qemu:override>
      </xsl:if>
    </xsl:copy>
  </xsl:template>

  <xsl:template match="/domain/qemu:override[1]">
    <xsl:variable name="rest"><xsl:apply-templates select="node()" mode="rest"/></xsl:variable>
    <xsl:if test="$p/property or $rest != '' or not(*)">
      <xsl:copy>
        <xsl:copy-of select="@*"/>
        <xsl:apply-templates select="node()"/>
        <xsl:call-template name="new-devices"/>
      </xsl:copy>
    </xsl:if>
  </xsl:template>

  <!-- a device for each alias that has none yet -->
  <xsl:template name="new-devices">
    <xsl:for-each select="$p/property[not(@alias = preceding-sibling::property/@alias)
                                      and not(@alias = $override/qemu:device/@alias)]">
      <qemu:device alias="{@alias}">
        <qemu:frontend>
          <xsl:apply-templates select="$p/property[@alias = current()/@alias]" mode="new"/>
        </qemu:frontend>
      </qemu:device>
    </xsl:for-each>
  </xsl:template>

  <xsl:template match="property" mode="new">
    <qemu:property name="{@name}">
      <xsl:copy-of select="@type|@value"/>
    </qemu:property>
  </xsl:template>

  <xsl:template match="/domain/qemu:override[1]/qemu:device">
    <xsl:variable name="wanted" select="$p/property[@alias = current()/@alias]"/>
    <xsl:variable name="rest"><xsl:apply-templates select="." mode="rest"/></xsl:variable>
    <xsl:if test="$wanted or $rest != ''">
      <xsl:copy>
        <xsl:copy-of select="@*"/>
        <xsl:apply-templates select="node()"/>
        <xsl:if test="$wanted and not(qemu:frontend)
                      and not(@alias = preceding-sibling::qemu:device/@alias)">
          <qemu:frontend>
            <xsl:apply-templates select="$wanted" mode="new"/>
          </qemu:frontend>
        </xsl:if>
      </xsl:copy>
    </xsl:if>
  </xsl:template>

  <xsl:template match="/domain/qemu:override[1]/qemu:device/qemu:frontend">
    <xsl:variable name="device" select=".."/>
    <xsl:variable name="wanted" select="$p/property[@alias = $device/@alias]"/>
    <xsl:variable name="same" select="../../qemu:device[@alias = $device/@alias]"/>
    <xsl:variable name="rest"><xsl:apply-templates select="." mode="rest"/></xsl:variable>
    <xsl:if test="$wanted or $rest != ''">
      <xsl:copy>
        <xsl:copy-of select="@*"/>
        <xsl:apply-templates select="node()"/>
        <xsl:if test="count(.|$same[1]/qemu:frontend[1]) = 1">
          <xsl:apply-templates mode="new"
            select="$wanted[not(@name = $same/qemu:frontend/qemu:property/@name)]"/>
        </xsl:if>
      </xsl:copy>
    </xsl:if>
  </xsl:template>

  <xsl:template match="/domain/qemu:override[1]/qemu:device/qemu:frontend/qemu:property">
    <xsl:variable name="wanted" select="$p/property[@alias = current()/../../@alias
                                                    and @name = current()/@name]"/>
    <xsl:choose>
      <xsl:when test="$p/remove[@alias = current()/../../@alias
                                and @name = current()/@name]"/>
      <xsl:when test="$wanted">
        <xsl:copy>
          <xsl:copy-of select="@*[name() != 'value' or $wanted/@value]"/>
          <xsl:copy-of select="$wanted[1]/@type|$wanted[1]/@value"/>
        </xsl:copy>
      </xsl:when>
      <xsl:otherwise>
        <xsl:copy-of select="."/>
      </xsl:otherwise>
    </xsl:choose>
  </xsl:template>

  <!-- Something for all that stays when <remove> has done its work. -->
  <xsl:template match="*|comment()|processing-instruction()" mode="rest">.</xsl:template>
  <xsl:template match="text()" mode="rest"/>
  <xsl:template match="qemu:device|qemu:frontend" mode="rest">
    <xsl:variable name="removed"
                  select="$p/remove[@alias = current()/ancestor-or-self::qemu:device/@alias]"/>
    <xsl:choose>
      <xsl:when test=".//qemu:property[@name = $removed/@name]">
        <xsl:apply-templates select="node()" mode="rest"/>
      </xsl:when>
      <xsl:otherwise>.</xsl:otherwise>
    </xsl:choose>
  </xsl:template>
  <xsl:template match="qemu:property" mode="rest">
    <xsl:if test="not($p/remove[@alias = current()/../../@alias
                                and @name = current()/@name])">.</xsl:if>
  </xsl:template>
</xsl:stylesheet>
