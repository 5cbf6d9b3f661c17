<?xml version="1.0" encoding="UTF-8"?>
<!-- SPDX-License-Identifier: GPL-2.0-or-later -->
<!--
  For the stylesheets that set the guest's CPU topology. They say where it stands in their
  plan, by a variable "topology": an element with sockets, dies, clusters, cores and
  threads, or nothing.

  Dies and clusters of 1 are not written where libvirt did without them.
-->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
  <!-- the guest as it is, where no template below knows better -->
  <xsl:template match="node()"><xsl:copy-of select="."/></xsl:template>

  <xsl:template name="topology">
    <topology sockets="{$topology/@sockets}" dies="{$topology/@dies}">
      <xsl:if test="$topology/@clusters > 1">
        <xsl:copy-of select="$topology/@clusters"/>
      </xsl:if>
      <xsl:copy-of select="$topology/@cores"/>
      <xsl:copy-of select="$topology/@threads"/>
    </topology>
  </xsl:template>

  <xsl:template match="/domain/cpu[1]">
    <xsl:copy>
      <xsl:copy-of select="@*"/>
      <xsl:apply-templates select="node()"/>
    </xsl:copy>
  </xsl:template>

  <xsl:template match="/domain/cpu[1]/topology[1]">
    <xsl:copy>
      <xsl:copy-of select="@*"/>
      <xsl:copy-of select="$topology/@*[name() = 'sockets' or name() = 'cores'
          or name() = 'threads']"/>
      <xsl:if test="@dies or $topology/@dies > 1">
        <xsl:copy-of select="$topology/@dies"/>
      </xsl:if>
      <xsl:if test="@clusters or $topology/@clusters > 1">
        <xsl:copy-of select="$topology/@clusters"/>
      </xsl:if>
      <xsl:apply-templates select="node()"/>
    </xsl:copy>
  </xsl:template>
</xsl:stylesheet>
