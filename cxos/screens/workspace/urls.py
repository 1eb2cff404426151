from django.urls import path

from cxos.screens.workspace import commands, files, me, narrowing, views

app_name = "workspace"
urlpatterns = [
    path("", views.index, name="index"),
    path("list/", views.list_region, name="list"),
    path("views/", views.further, name="further"),
    path("views/filter/", narrowing.drawer, name="filter"),
    path("views/filter/work/", narrowing.work, name="filter_work"),
    path("views/<int:pk>/delete/", narrowing.delete, name="delete_view"),
    path("c/<int:pk>/", views.conversation, name="conversation"),
    path("c/<int:pk>/thread/", views.thread_region, name="thread"),
    path("c/<int:pk>/head/", views.head_region, name="head"),
    path("c/<int:pk>/assign-menu/", views.assign_menu, name="assign_menu"),
    path("c/<int:pk>/context/", views.context_region, name="context"),
    path("c/<int:pk>/reply/", commands.reply, name="reply"),
    path("c/<int:pk>/note/", commands.note, name="note"),
    path("c/<int:pk>/seen/", commands.seen, name="seen"),
    path("c/<int:pk>/retry/<int:message>/", commands.retry, name="retry"),
    path("c/<int:pk>/files/", files.upload, name="upload"),
    path("c/<int:pk>/files/<uuid:key>/remove/", files.remove_file, name="remove_file"),
    path("files/<uuid:key>/", files.file, name="file"),
    path("c/<int:pk>/resolve/", commands.resolve, name="resolve"),
    path("c/<int:pk>/reopen/", commands.reopen, name="reopen"),
    path("c/<int:pk>/status/", commands.status, name="status"),
    path("c/<int:pk>/snooze/", commands.snooze, name="snooze"),
    path("c/<int:pk>/priority/", commands.priority, name="priority"),
    path("c/<int:pk>/tag/", commands.tag, name="tag"),
    path("c/<int:pk>/assign/", commands.assign, name="assign"),
    path("c/<int:pk>/wrap-up/", commands.wrap_up, name="wrap_up"),
    path("offers/", me.offers, name="offers"),
    path("offers/<int:pk>/accept/", me.accept, name="accept"),
    path("offers/<int:pk>/decline/", me.decline, name="decline"),
    path("presence/", me.presence, name="presence"),
    path("presence/set/", me.change_presence, name="set_presence"),
    path("capacity/", me.capacity, name="capacity"),
]
