// Puts the frame of a touch point in the place of this script: <script async src=".../w/widget.js" data-token="tp_..."></script>
(function () {
  var me = document.currentScript
  var token = me && me.getAttribute('data-token')
  if (!token) return
  var frame = document.createElement('iframe')
  frame.src = new URL('/w/' + encodeURIComponent(token), me.src).href
  frame.title = me.getAttribute('data-title') || 'Fettle'
  frame.loading = 'lazy'
  frame.referrerPolicy = 'no-referrer'
  frame.setAttribute('sandbox', 'allow-top-navigation-by-user-activation allow-forms allow-same-origin')
  frame.style.cssText = 'border:0;width:100%;max-width:420px;height:' + (parseInt(me.getAttribute('data-height'), 10) || 320) + 'px'
  me.parentNode.insertBefore(frame, me)
})()
