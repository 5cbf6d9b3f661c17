<?xml version="1.0" encoding="UTF-8"?>
<!-- SPDX-License-Identifier: GPL-2.0-or-later -->
<!--
  The option ROM of host devices that the guest has.

  Plan:  <rom>
           <device key='0x0000:0x01:0x00:0x0' file='/path|' bar='on|off'/>     file='': none
         </rom>
-->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
  <xsl:param name="plan"/>
  <xsl:variable name="p" select="document($plan)/plan/rom"/>

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
    <xsl:variable name="key" select="concat(source[1]/address[1]/@domain, ':', source[1]/address[1]/@bus, ':',
        source[1]/address[1]/@slot, ':', source[1]/address[1]/@function)"/>
    <xsl:variable name="d" select="$p/device[@key = $key]"/>
    <xsl:variable name="file" select="string($d[@file][last()]/@file)"/>
    <xsl:variable name="bar" select="$d/@bar"/>
    <xsl:variable name="new" select="not(rom) and ($file or $bar)"/>
    <xsl:copy>
      <xsl:copy-of select="@*"/>
      <xsl:for-each select="node()">
        <xsl:if test="self::address and $new">
          <xsl:call-template name="rom">
            <xsl:with-param name="file" select="$file"/>
            <xsl:with-param name="bar" select="$bar"/>
          </xsl:call-template>
        </xsl:if>
        <xsl:choose>
          <xsl:when test="self::rom and $d">
            <xsl:call-template name="merge">
              <xsl:with-param name="file" select="$file"/>
              <xsl:with-param name="bar" select="$bar"/>
              <xsl:with-param name="none" select="$d/@file and not($file)"/>
            </xsl:call-template>
          </xsl:when>
          <xsl:otherwise>
            <xsl:apply-templates select="."/>
          </xsl:otherwise>
        </xsl:choose>
      </xsl:for-each>
      <xsl:if test="not(address) and $new">
        <xsl:call-template name="rom">
          <xsl:with-param name="file" select="$file"/>
          <xsl:with-param name="bar" select="$bar"/>
        </xsl:call-template>
      </xsl:if>
    </xsl:copy>
  </xsl:template>

  <xsl:template name="rom">
    <xsl:param name="file"/>
    <xsl:param name="bar"/>
    <rom>
      <xsl:if test="$bar"><xsl:attribute name="bar"><xsl:value-of select="$bar"/></xsl:attribute></xsl:if>
      <xsl:if test="$file"><xsl:attribute name="file"><xsl:value-of select="$file"/></xsl:attribute></xsl:if>
    </rom>
  </xsl:template>

  <!-- libvirt refuses a file or a bar beside enabled='no' -->
  <xsl:template name="merge">
    <xsl:param name="file"/>
    <xsl:param name="bar"/>
    <xsl:param name="none"/>
    <xsl:variable name="kept" select="@*[not(name() = 'vfiokit-n')
        and not(name() = 'file' and $none)
        and not(name() = 'enabled' and ($file or $bar))]"/>
    <xsl:if test="$kept or $file or $bar">
      <xsl:copy>
        <xsl:copy-of select="@vfiokit-n | $kept"/>
        <xsl:if test="$bar"><xsl:attribute name="bar"><xsl:value-of select="$bar"/></xsl:attribute></xsl:if>
        <xsl:if test="$file"><xsl:attribute name="file"><xsl:value-of select="$file"/></xsl:attribute></xsl:if>
      </xsl:copy>
    </xsl:if>
  </xsl:template>
</xsl:stylesheet>
