<?xml version="1.0" encoding="UTF-8"?>
<!-- SPDX-License-Identifier: GPL-2.0-or-later -->
<!--
  Mediated devices of the host.

  Plan:  <mdev>
           <device uuid='UUID' [display='on'] [ramfb='on']/>
           <device uuid='UUID' unset='yes'/>
         </mdev>

  A device that the guest has stands in the plan with the guest's spelling of its UUID.
-->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
  <xsl:param name="plan"/>
  <xsl:variable name="wanted" select="document($plan)/plan/mdev/device[not(@unset)]"/>
  <xsl:variable name="unset" select="document($plan)/plan/mdev/device[@unset]"/>
  <xsl:variable name="there"
                select="/domain/devices[1]/hostdev[@type = 'mdev']/source/address/@uuid"/>

  <!-- the guest as it is, where no template below knows better -->
  <xsl:template match="node()"><xsl:copy-of select="."/></xsl:template>

  <xsl:template match="/domain">
    <xsl:copy>
      <xsl:copy-of select="@*"/>
      <xsl:apply-templates select="node()"/>
      <xsl:if test="$wanted and not(devices)">
        <devices>
          <xsl:apply-templates select="$wanted" mode="new"/>
        </devices>
      </xsl:if>
    </xsl:copy>
  </xsl:template>

  <xsl:template match="/domain/devices[1]">
    <xsl:variable name="gone"
                  select="hostdev[@type = 'mdev' and source/address/@uuid = $unset/@uuid]"/>
    <xsl:if test="$wanted or not($gone) or comment()
                  or processing-instruction() or count(*) > count($gone)">
      <xsl:copy>
        <xsl:copy-of select="@*"/>
        <xsl:apply-templates select="node()"/>
        <xsl:apply-templates select="$wanted[not(@uuid = $there)]" mode="new"/>
      </xsl:copy>
    </xsl:if>
  </xsl:template>

  <xsl:template match="device" mode="new">
    <hostdev mode="subsystem" type="mdev" managed="no" model="vfio-pci">
      <xsl:copy-of select="@display|@ramfb"/>
      <source>
        <address uuid="{@uuid}"/>
      </source>
    </hostdev>
  </xsl:template>

  <xsl:template match="/domain/devices[1]/hostdev[@type = 'mdev']">
    <xsl:variable name="uuid" select="source/address/@uuid"/>
    <xsl:if test="not($unset[@uuid = $uuid])">
      <xsl:copy>
        <xsl:copy-of select="@*"/>
        <xsl:copy-of select="$wanted[@uuid = $uuid]/@display"/>
        <xsl:copy-of select="$wanted[@uuid = $uuid]/@ramfb"/>
        <xsl:apply-templates select="node()"/>
      </xsl:copy>
    </xsl:if>
  </xsl:template>
</xsl:stylesheet>
