<?xml version="1.0" encoding="UTF-8"?>
<!-- SPDX-License-Identifier: GPL-2.0-or-later -->
<!--
  Another option ROM for a host device, by 'vbios swap', when rom.xsl has put it there: what
  the guest said of the ROM before is kept under <metadata>, and the hook's checksum becomes
  that of the new file.

    <r:before xmlns:r='https://vfiokit.org/xmlns/rom/1'>
      <r:rom address='0000:01:00.0' [none='yes'] [enabled='' bar='' file='' sha256='']/>
    </r:before>

  What was kept first stays until 'vbios restore'.

  Parameters: address; new, the checksum of the new file, '' without a file; and of the guest
  as it was: none ('yes' without <rom>), enabled, bar, file, sha256, '' each if not given.
-->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
                xmlns:v="https://vfiokit.org/xmlns/guest/1"
                xmlns:r="https://vfiokit.org/xmlns/rom/1">
  <xsl:param name="address"/>
  <xsl:param name="new"/>
  <xsl:param name="none"/>
  <xsl:param name="enabled"/>
  <xsl:param name="bar"/>
  <xsl:param name="file"/>
  <xsl:param name="sha256"/>
  <xsl:variable name="before" select="/domain/metadata[1]/r:before[1]"/>
  <!-- what libvirt writes before <metadata> -->
  <xsl:variable name="head" select="(/domain/name|/domain/uuid|/domain/genid|/domain/title
                                     |/domain/description)[last()]"/>

  <!-- the guest as it is, where no template below knows better -->
  <xsl:template match="node()"><xsl:copy-of select="."/></xsl:template>
  <xsl:template match="/domain">
    <xsl:copy>
      <xsl:copy-of select="@*"/>
      <xsl:apply-templates select="node()"/>
    </xsl:copy>
  </xsl:template>

  <xsl:template match="/domain/name|/domain/uuid|/domain/genid|/domain/title
                       |/domain/description">
    <xsl:copy-of select="."/>
    <xsl:if test="count(.|$head) = 1 and not(/domain/metadata)">
      <metadata><xsl:call-template name="before"/></metadata>
    </xsl:if>
  </xsl:template>

  <xsl:template match="/domain/metadata[1]">
    <xsl:copy>
      <xsl:copy-of select="@*"/>
      <xsl:apply-templates select="node()"/>
      <xsl:if test="not($before)"><xsl:call-template name="before"/></xsl:if>
    </xsl:copy>
  </xsl:template>

  <xsl:template name="before">
    <r:before><xsl:call-template name="rom"/></r:before>
  </xsl:template>

  <xsl:template match="/domain/metadata[1]/r:before[1]">
    <xsl:copy>
      <xsl:copy-of select="@*|node()"/>
      <xsl:if test="not(r:rom[@address = $address])"><xsl:call-template name="rom"/></xsl:if>
    </xsl:copy>
  </xsl:template>

  <xsl:template name="rom">
    <r:rom address="{$address}">
      <xsl:if test="$none"><xsl:attribute name="none"><xsl:value-of select="$none"/></xsl:attribute></xsl:if>
      <xsl:if test="$enabled"><xsl:attribute name="enabled"><xsl:value-of select="$enabled"/></xsl:attribute></xsl:if>
      <xsl:if test="$bar"><xsl:attribute name="bar"><xsl:value-of select="$bar"/></xsl:attribute></xsl:if>
      <xsl:if test="$file"><xsl:attribute name="file"><xsl:value-of select="$file"/></xsl:attribute></xsl:if>
      <xsl:if test="$sha256"><xsl:attribute name="sha256"><xsl:value-of select="$sha256"/></xsl:attribute></xsl:if>
    </r:rom>
  </xsl:template>

  <xsl:template match="/domain/metadata[1]/v:guest">
    <xsl:copy>
      <xsl:copy-of select="@*"/>
      <xsl:apply-templates select="node()"/>
      <xsl:if test="$new and v:device[@address = $address] and not(v:rom[@address = $address])">
        <xsl:element name="v:rom">
          <xsl:attribute name="address"><xsl:value-of select="$address"/></xsl:attribute>
          <xsl:attribute name="sha256"><xsl:value-of select="$new"/></xsl:attribute>
        </xsl:element>
      </xsl:if>
    </xsl:copy>
  </xsl:template>

  <xsl:template match="/domain/metadata[1]/v:guest/v:rom">
    <xsl:choose>
      <xsl:when test="not(@address = $address)"><xsl:copy-of select="."/></xsl:when>
      <xsl:when test="$new">
        <xsl:copy>
          <xsl:copy-of select="@*"/>
          <xsl:attribute name="sha256"><xsl:value-of select="$new"/></xsl:attribute>
          <xsl:copy-of select="node()"/>
        </xsl:copy>
      </xsl:when>
    </xsl:choose>
  </xsl:template>
</xsl:stylesheet>
