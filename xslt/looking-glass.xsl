<?xml version="1.0" encoding="UTF-8"?>
<!-- SPDX-License-Identifier: GPL-2.0-or-later -->
<!--
  The shared memory of Looking Glass, and what else it wants of a guest.

  Plan:  <looking-glass size='MiB' video='vga|none'/>             a file in /dev/shm
         <looking-glass kvmfr='/dev/kvmfr0' size='MiB' video='...'>
           <pair option='-device' value='JSON'/>                  the kvmfr module: QEMU
           <pair option='-object' value='JSON'/>                  arguments, two by two
         </looking-glass>
         <looking-glass unset='yes'/>

  The first video device becomes vga (or none), the balloon goes, and so does the tablet.
-->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
                xmlns:qemu="http://libvirt.org/schemas/domain/qemu/1.0"
                exclude-result-prefixes="qemu">
  <xsl:param name="plan"/>
  <xsl:variable name="p" select="document($plan)/plan/looking-glass"/>
  <xsl:variable name="set" select="not($p/@unset)"/>
  <xsl:variable name="shmem" select="$set and not($p/@kvmfr)"/>
  <xsl:variable name="name" select="'looking-glass'"/>

  <!-- The kvmfr arguments that are there: each option and the value behind it. -->
  <xsl:variable name="values" select="/domain/qemu:commandline[1]/qemu:arg[
      (preceding-sibling::qemu:arg[1]/@value = '-object'
        and contains(@value, 'memory-backend-file') and contains(@value, '/dev/kvmfr'))
      or (preceding-sibling::qemu:arg[1]/@value = '-device'
        and contains(@value, 'ivshmem-plain') and contains(@value, $name))]"/>
  <!-- They stay as they are if they are exactly what is wanted. -->
  <xsl:variable name="done" select="$p/pair and count($values) = count($p/pair)
      and count($values[@value = $p/pair/@value]) = count($p/pair)"/>

  <!-- the guest as it is, where no template below knows better -->
  <xsl:template match="node()"><xsl:copy-of select="."/></xsl:template>

  <xsl:template match="/domain">
    <xsl:copy>
      <xsl:copy-of select="@*"/>
      <xsl:apply-templates select="node()"/>
      <xsl:if test="$set and not(devices)">
        <devices><xsl:call-template name="devices"/></devices>
      </xsl:if>
      <xsl:if test="$p/pair and not(qemu:commandline)">
        <qemu:commandline>
          <xsl:apply-templates select="$p/pair"/>
        </qemu:commandline>
      </xsl:if>
    </xsl:copy>
  </xsl:template>

  <xsl:template match="/domain/qemu:commandline[1]">
    <xsl:if test="$p/pair or *[not(self::qemu:arg)] or count(qemu:arg) > 2 * count($values)
                  or comment() or processing-instruction() or not($values)">
      <xsl:copy>
        <xsl:copy-of select="@*"/>
        <xsl:apply-templates select="node()"/>
        <xsl:if test="not($done)">
          <xsl:apply-templates select="$p/pair"/>
        </xsl:if>
      </xsl:copy>
    </xsl:if>
  </xsl:template>

  <xsl:template match="/domain/qemu:commandline[1]/qemu:arg">
    <xsl:variable name="id" select="generate-id()"/>
    <xsl:variable name="next" select="generate-id(following-sibling::qemu:arg[1])"/>
    <xsl:if test="$done or not($values[generate-id() = $id or generate-id() = $next])">
      <xsl:copy-of select="."/>
    </xsl:if>
  </xsl:template>

  <xsl:template match="pair">
    <qemu:arg value="{@option}"/>
    <qemu:arg value="{@value}"/>
  </xsl:template>

  <!-- a video device that is exactly what is added here -->
  <xsl:variable name="bare" select="/domain/devices[1]/video[count(../video) = 1
      and not(@*[name() != 'vfiokit-n']) and not(*[not(self::model)]) and not(model/*)
      and not(model/@*[not(name() = 'vfiokit-n' or name() = 'type')])
      and (model/@type = 'vga' or model/@type = 'none')]"/>

  <xsl:template match="/domain/devices[1]">
    <xsl:variable name="rest" select="*[not(self::shmem[@name = $name]
        or self::memballoon[@model = 'none'])]"/>
    <xsl:if test="$set or comment()
                  or processing-instruction() or not(*) or count($rest) > count($bare)">
      <xsl:copy>
        <xsl:copy-of select="@*"/>
        <xsl:apply-templates select="node()"/>
        <xsl:call-template name="devices"/>
      </xsl:copy>
    </xsl:if>
  </xsl:template>

  <!-- called with <devices>, or the guest that has none, as the context -->
  <xsl:template name="devices">
    <xsl:if test="$set and graphics and not(video)">
      <video><model type="{$p/@video}"/></video>
    </xsl:if>
    <xsl:if test="$set and not(memballoon)">
      <memballoon model="none"/>
    </xsl:if>
    <xsl:if test="$shmem and not(shmem[@name = $name])">
      <shmem name="{$name}">
        <model type="ivshmem-plain"/>
        <size unit="M"><xsl:value-of select="$p/@size"/></size>
      </shmem>
    </xsl:if>
  </xsl:template>

  <!-- one shared memory of the name; without a model libvirt takes one QEMU dropped -->
  <xsl:template match="/domain/devices[1]/shmem[@name = 'looking-glass']">
    <xsl:if test="$shmem and not(preceding-sibling::shmem[@name = $name])">
      <xsl:copy>
        <xsl:copy-of select="@*"/>
        <xsl:apply-templates select="node()"/>
        <xsl:if test="not(model)">
          <model type="ivshmem-plain"/>
        </xsl:if>
        <xsl:if test="not(size)">
          <size unit="M"><xsl:value-of select="$p/@size"/></size>
        </xsl:if>
      </xsl:copy>
    </xsl:if>
  </xsl:template>

  <xsl:template match="/domain/devices[1]/shmem[@name = 'looking-glass']/model">
    <xsl:copy>
      <xsl:copy-of select="@*"/>
      <xsl:attribute name="type">ivshmem-plain</xsl:attribute>
    </xsl:copy>
  </xsl:template>

  <xsl:template match="/domain/devices[1]/shmem[@name = 'looking-glass']/size">
    <xsl:variable name="bytes">
      <xsl:choose>
        <xsl:when test="not(@unit) or @unit = 'b' or @unit = 'bytes'">1</xsl:when>
        <xsl:when test="@unit = 'KiB' or @unit = 'K' or @unit = 'k'">1024</xsl:when>
        <xsl:when test="@unit = 'MiB' or @unit = 'M'">1048576</xsl:when>
        <xsl:when test="@unit = 'GiB' or @unit = 'G'">1073741824</xsl:when>
      </xsl:choose>
    </xsl:variable>
    <xsl:choose>
      <xsl:when test="number(.) * $bytes = $p/@size * 1048576">
        <xsl:copy-of select="."/>
      </xsl:when>
      <xsl:otherwise>
        <xsl:copy>
          <xsl:copy-of select="@*"/>
          <xsl:attribute name="unit">M</xsl:attribute>
          <xsl:value-of select="$p/@size"/>
        </xsl:copy>
      </xsl:otherwise>
    </xsl:choose>
  </xsl:template>

  <!-- the model that gives way; a guest without video keeps that -->
  <xsl:variable name="replaced" select="/domain/devices[1]/video[1]/model[$set
      and not(@type = $p/@video) and not(@type = 'none' and $p/@video = 'vga')]"/>

  <!-- vga has none of the memory sizes and none of the acceleration of the others -->
  <xsl:template match="/domain/devices[1]/video[1]/model">
    <xsl:choose>
      <xsl:when test="not($replaced)">
        <xsl:copy-of select="."/>
      </xsl:when>
      <xsl:otherwise>
        <xsl:copy>
          <xsl:copy-of select="@*[not(contains(
              ' ram vram vram64 vgamem heads blob edid ', concat(' ', name(), ' ')))]"/>
          <xsl:if test="@heads and $p/@video = 'vga'">
            <xsl:attribute name="heads">1</xsl:attribute>
          </xsl:if>
          <xsl:attribute name="type"><xsl:value-of select="$p/@video"/></xsl:attribute>
          <xsl:if test="$p/@video = 'vga'">
            <xsl:copy-of select="node()[not(self::acceleration)]"/>
          </xsl:if>
        </xsl:copy>
      </xsl:otherwise>
    </xsl:choose>
  </xsl:template>

  <!-- libvirt refuses the driver options of virtio with any other model -->
  <xsl:template match="/domain/devices[1]/video[1]/driver" priority="1">
    <xsl:variable name="virtio" select="@*[$replaced and contains(
        ' name iommu ats packed page_per_vq ', concat(' ', name(), ' '))]"/>
    <xsl:if test="not($set and $p/@video = 'none') and (not($virtio) or node()
                  or count(@*[name() != 'vfiokit-n']) > count($virtio))">
      <xsl:copy>
        <xsl:copy-of select="@*[count(. | $virtio) > count($virtio)]"/>
        <xsl:copy-of select="node()"/>
      </xsl:copy>
    </xsl:if>
  </xsl:template>

  <!-- what is no video device has no address, and stands alone -->
  <xsl:template match="/domain/devices[1]/video[1]/*[not(self::model)]">
    <xsl:if test="not($set and $p/@video = 'none')">
      <xsl:copy-of select="."/>
    </xsl:if>
  </xsl:template>
  <xsl:template match="/domain/devices[1]/video[position() > 1]">
    <xsl:if test="not($set and $p/@video = 'none')">
      <xsl:copy-of select="."/>
    </xsl:if>
  </xsl:template>

  <xsl:template match="/domain/devices[1]/video[1]" priority="1">
    <xsl:if test="$set or not($bare)">
      <xsl:copy>
        <xsl:copy-of select="@*"/>
        <xsl:apply-templates select="node()"/>
      </xsl:copy>
    </xsl:if>
  </xsl:template>

  <xsl:template match="/domain/devices[1]/memballoon">
    <xsl:choose>
      <xsl:when test="$set and @model = 'none'">
        <xsl:copy-of select="."/>
      </xsl:when>
      <xsl:when test="$set">
        <xsl:copy>
          <xsl:copy-of select="@*[name() = 'vfiokit-n' or name() = 'model']"/>
          <xsl:attribute name="model">none</xsl:attribute>
        </xsl:copy>
      </xsl:when>
      <xsl:when test="@model != 'none'">
        <xsl:copy-of select="."/>
      </xsl:when>
    </xsl:choose>
  </xsl:template>

  <xsl:template match="/domain/devices[1]/input[@type = 'tablet']">
    <xsl:if test="not($set)">
      <xsl:copy-of select="."/>
    </xsl:if>
  </xsl:template>
</xsl:stylesheet>
