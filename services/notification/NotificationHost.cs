using DaprShop.Notification.Events;
using DaprShop.Notification.Inbox;
using DaprShop.Notification.Mail;
using DaprShop.Notification.Stream;
using DaprShop.ServiceDefaults;
using DaprShop.ServiceDefaults.Messaging;

namespace DaprShop.Notification;

/// <summary>The service as a host, so that tests run exactly what Program runs.</summary>
internal static class NotificationHost
{
    public static WebApplication Build(WebApplicationBuilder builder)
    {
        builder.AddServiceDefaults();
        builder.Services.AddSingleton<InboxStore>();
        builder.Services.AddMail();

        var app = builder.Build();
        app.MapDefaultEndpoints();
        // Its subscriptions are declared in components/<set>/subscriptions.yaml.
        app.MapEvents();
        app.MapFailureNotes();
        app.MapInbox();
        app.MapStream();
        app.MapMail();
        return app;
    }
}
