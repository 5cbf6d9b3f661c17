<?xml version="1.0" encoding="UTF-8"?>
<!-- SPDX-License-Identifier: GPL-2.0-or-later -->
<!--
  The address of a host device as a key, DOMAIN:BUS:SLOT:FUNCTION in decimal: libvirt
  takes the numbers in hexadecimal and in decimal, and an absent one is 0.
-->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
  <!-- hexadecimal digits as a number, the most significant first -->
  <xsl:template name="hex">
    <xsl:param name="digits"/>
    <xsl:param name="value" select="0"/>
    <xsl:choose>
      <xsl:when test="$digits">
        <xsl:call-template name="hex">
          <xsl:with-param name="digits" select="substring($digits, 2)"/>
          <xsl:with-param name="value" select="16 * $value + string-length(
              substring-before('0123456789abcdef', substring($digits, 1, 1)))"/>
        </xsl:call-template>
      </xsl:when>
      <xsl:otherwise><xsl:value-of select="$value"/></xsl:otherwise>
    </xsl:choose>
  </xsl:template>

  <xsl:template name="number">
    <xsl:param name="text"/>
    <xsl:variable name="lower" select="translate($text, 'ABCDEFX', 'abcdefx')"/>
    <xsl:choose>
      <xsl:when test="starts-with($lower, '0x')">
        <xsl:call-template name="hex">
          <xsl:with-param name="digits" select="substring($lower, 3)"/>
        </xsl:call-template>
      </xsl:when>
      <xsl:otherwise><xsl:value-of select="number(concat('0', $lower))"/></xsl:otherwise>
    </xsl:choose>
  </xsl:template>

  <!-- called with an <address> as the context -->
  <xsl:template name="address-key">
    <xsl:call-template name="number"><xsl:with-param name="text" select="@domain"/></xsl:call-template>
    <xsl:text>:</xsl:text>
    <xsl:call-template name="number"><xsl:with-param name="text" select="@bus"/></xsl:call-template>
    <xsl:text>:</xsl:text>
    <xsl:call-template name="number"><xsl:with-param name="text" select="@slot"/></xsl:call-template>
    <xsl:text>:</xsl:text>
    <xsl:call-template name="number"><xsl:with-param name="text" select="@function"/></xsl:call-template>
  </xsl:template>

  <!-- called with a host device as the context -->
  <xsl:template name="source-key">
    <xsl:for-each select="source[1]/address[1]">
      <xsl:call-template name="address-key"/>
    </xsl:for-each>
  </xsl:template>
</xsl:stylesheet>
