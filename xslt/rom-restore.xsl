<?xml version="1.0" encoding="UTF-8"?>
<!-- SPDX-License-Identifier: GPL-2.0-or-later -->
<!--
  The option ROM of a host device as it was before 'vbios swap', from what rom-swap.xsl has
  kept under <metadata>, and the hook's checksum with it.

  Parameters: address; key, the address in the guest's own spelling, 'DOMAIN:BUS:SLOT:FUNCTION'.
-->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
                xmlns:v="https://vfiokit.org/xmlns/guest/1"
                xmlns:r="https://vfiokit.org/xmlns/rom/1">
  <xsl:param name="address"/>
  <xsl:param name="key"/>
  <xsl:variable name="before" select="/domain/metadata[1]/r:before[1]"/>
  <xsl:variable name="was" select="$before/r:rom[@address = $address][1]"/>

  <!-- the guest as it is, where no template below knows better -->
  <xsl:template match="node()"><xsl:copy-of select="."/></xsl:template>
  <xsl:template match="/domain | /domain/devices[1]">
    <xsl:copy>
      <xsl:copy-of select="@*"/>
      <xsl:apply-templates select="node()"/>
    </xsl:copy>
  </xsl:template>

  <xsl:template match="/domain/devices[1]/hostdev[@type = 'pci']
      | /domain/devices[1]/interface[@type = 'hostdev']">
    <xsl:choose>
      <xsl:when test="$was and $key = concat(source[1]/address[1]/@domain, ':',
          source[1]/address[1]/@bus, ':', source[1]/address[1]/@slot, ':',
          source[1]/address[1]/@function)">
        <xsl:copy>
          <xsl:copy-of select="@*"/>
          <xsl:for-each select="node()">
            <xsl:if test="self::address and not(../rom)"><xsl:call-template name="rom"/></xsl:if>
            <xsl:choose>
              <xsl:when test="self::rom"><xsl:call-template name="rom"/></xsl:when>
              <xsl:otherwise><xsl:copy-of select="."/></xsl:otherwise>
            </xsl:choose>
          </xsl:for-each>
          <xsl:if test="not(rom) and not(address)"><xsl:call-template name="rom"/></xsl:if>
        </xsl:copy>
      </xsl:when>
      <xsl:otherwise><xsl:copy-of select="."/></xsl:otherwise>
    </xsl:choose>
  </xsl:template>

  <xsl:template name="rom">
    <xsl:if test="not($was/@none)">
      <rom><xsl:copy-of select="$was/@enabled | $was/@bar | $was/@file"/></rom>
    </xsl:if>
  </xsl:template>

  <!-- what is restored is kept no longer; nothing stays that was made for it -->
  <xsl:template match="/domain/metadata[1]">
    <xsl:if test="*[not(self::r:before)] or comment() or processing-instruction()
                  or $before/r:rom[not(@address = $address)] or not($before)">
      <xsl:copy>
        <xsl:copy-of select="@*"/>
        <xsl:apply-templates select="node()"/>
      </xsl:copy>
    </xsl:if>
  </xsl:template>

  <xsl:template match="/domain/metadata[1]/r:before">
    <xsl:if test="r:rom[not(@address = $address)]">
      <xsl:copy>
        <xsl:copy-of select="@*"/>
        <xsl:copy-of select="r:rom[not(@address = $address)]"/>
      </xsl:copy>
    </xsl:if>
  </xsl:template>

  <xsl:template match="/domain/metadata[1]/v:guest">
    <xsl:copy>
      <xsl:copy-of select="@*"/>
      <xsl:apply-templates select="node()"/>
      <xsl:if test="$was/@sha256 and v:device[@address = $address]
                    and not(v:rom[@address = $address])">
        <xsl:element name="v:rom">
          <xsl:copy-of select="$was/@address | $was/@sha256"/>
        </xsl:element>
      </xsl:if>
    </xsl:copy>
  </xsl:template>

  <xsl:template match="/domain/metadata[1]/v:guest/v:rom">
    <xsl:choose>
      <xsl:when test="not($was) or not(@address = $address)"><xsl:copy-of select="."/></xsl:when>
      <xsl:when test="$was/@sha256">
        <xsl:copy>
          <xsl:copy-of select="@*"/>
          <xsl:copy-of select="$was/@sha256"/>
          <xsl:copy-of select="node()"/>
        </xsl:copy>
      </xsl:when>
    </xsl:choose>
  </xsl:template>
</xsl:stylesheet>
