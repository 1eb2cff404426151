from django.urls import path

from cxos.screens.customers import commands, views, wishes

app_name = "customers"
urlpatterns = [
    path("", views.index, name="index"),
    path("suggestions/", views.suggestions, name="suggestions"),
    path("suggestions/<int:pk>/", views.suggestion, name="suggestion"),
    path("suggestions/<int:pk>/merge/", commands.merge, name="merge"),
    path("suggestions/<int:pk>/undo/", commands.undo_merge, name="undo_merge"),
    path("suggestions/<int:pk>/dismiss/", commands.dismiss, name="dismiss"),
    path("suggestions/<int:pk>/again/", commands.suggest_again, name="suggest_again"),
    path("<int:pk>/", views.customer, name="customer"),
    path("<int:pk>/head/", views.head, name="head"),
    path("<int:pk>/happened/", views.happened, name="happened"),
    path("<int:pk>/record/", views.record, name="record"),
    path("<int:pk>/timeline/", views.timeline, name="timeline"),
    path("<int:pk>/edit/", views.edit_dialog, name="edit"),
    path("<int:pk>/edit/save/", commands.edit, name="save"),
    path("<int:pk>/export/", commands.export, name="export"),
    path("<int:pk>/preferences/", wishes.preferences, name="preferences"),
    path("<int:pk>/preferences/<int:entry>/undo/", wishes.undo_preferences, name="undo_preferences"),
    path("<int:pk>/consents/", wishes.consent, name="consent"),
    path("<int:pk>/consents/<int:entry>/undo/", wishes.undo_consent, name="undo_consent"),
    path("<int:pk>/notes/", commands.notes, name="notes"),
    path("<int:pk>/tags/", commands.tag, name="tag"),
    path("<int:pk>/attributes/", commands.attribute, name="attribute"),
    path("<int:pk>/identities/", commands.add_identity, name="add_identity"),
    path("<int:pk>/identities/<int:identity>/remove/", commands.remove_identity, name="remove_identity"),
]
