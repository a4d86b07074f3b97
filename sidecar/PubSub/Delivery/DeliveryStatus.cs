namespace Sidecar.PubSub.Delivery;

/// <summary>How the metrics call the end of an attempt. Two words, since a drop may be what the app asked for.</summary>
internal readonly record struct DeliveryStatus(string Process, string Status)
{
    public static readonly DeliveryStatus Success = new("success", "success");
    public static readonly DeliveryStatus Retry = new("retry", "retry");
    public static readonly DeliveryStatus Drop = new("drop", "drop");
    public static readonly DeliveryStatus DropAsked = new("drop", "success");

    /// <summary>Of a message in a batch daprd says it in capitals.</summary>
    public string InBatch => Process switch
    {
        "success" => "SUCCESS",
        "retry" => "RETRY",
        _ => "DROP",
    };
}
