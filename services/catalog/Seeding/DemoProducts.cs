using DaprShop.Contracts;
using DaprShop.Contracts.Api;
using DaprShop.Contracts.Catalog;

namespace DaprShop.Catalog.Seeding;

/// <summary>What the demo shop sells: six products in each of four categories, prices in fen.</summary>
internal static class DemoProducts
{
    private static readonly (string Name, string Brand, string Category, long Fen, string Description)[] Rows =
    [
        ("Aurora X5 smartphone, 256 GB", "Lumen", "electronics", 129900, "6.4 inch OLED screen, two-day battery, three rear cameras."),
        ("Tern 14 laptop", "Halden", "electronics", 649900, "1.2 kg, 14 inch matte display, 16 GB of memory, 1 TB of storage."),
        ("QuietBuds Pro earphones", "Sonder", "electronics", 89900, "Active noise cancelling, 30 hours with the case, rain proof."),
        ("Slate 11 tablet", "Lumen", "electronics", 239900, "11 inch screen with pen support, thin metal body."),
        ("Meridian GPS watch", "Northline", "electronics", 159900, "Maps on the wrist, heart rate, 14 days on one charge."),
        ("PowerBrick 20000 charger", "Voltic", "electronics", 19900, "20,000 mAh, 65 W, charges a laptop and two phones at once."),

        ("Cast iron casserole, 4.2 l", "Emberly", "home", 42900, "Enamelled inside, for every hob and the oven, keeps heat for an hour."),
        ("Drip coffee maker", "Kaldi & Co", "home", 36900, "Eight cups, permanent filter, keeps warm without burning."),
        ("Linen duvet set, 200 x 230 cm", "Loom House", "home", 69900, "Washed French linen, softer with every wash."),
        ("Cordless vacuum V8", "Zephra", "home", 149900, "45 minutes of run time, 0.6 l bin, wall dock."),
        ("Chef's knife, 20 cm", "Emberly", "home", 25900, "67 layers of steel, pear wood handle."),
        ("Bamboo desk lamp", "Halden", "home", 17900, "Three light colours, dimmable, USB-C."),

        ("Trail running shoes", "Northline", "sports", 59900, "Light, grippy and quick to dry."),
        ("Down jacket, 700 fill", "Northline", "sports", 99900, "Packs into its own pocket, 380 g in size M."),
        ("Carbon badminton racket", "Feathersmith", "sports", 45900, "84 g, even balance, strung at 11 kg."),
        ("Yoga mat, 6 mm", "Stillwater", "sports", 15900, "Natural rubber, grips when wet, with a strap."),
        ("Two-person tent", "Ridgeway", "sports", 129900, "1.9 kg, two doors, stands in a storm."),
        ("Insulated bottle, 750 ml", "Ridgeway", "sports", 12900, "Cold for 24 hours, hot for 12, fits a bicycle cage."),

        ("Jasmine dragon pearls, 250 g", "Mist Peak", "food", 16800, "Green tea from Fujian, scented seven times with jasmine flowers."),
        ("Single-origin coffee beans, 1 kg", "Kaldi & Co", "food", 13900, "Washed arabica from Yunnan, medium roast: cocoa and orange."),
        ("Wildflower honey, 500 g", "Mist Peak", "food", 8800, "Raw, unfiltered, from the Qinling mountains."),
        ("Dark chocolate, 72 %, 12 bars", "Criollo", "food", 18600, "Stone-ground cocoa, nothing but cocoa and cane sugar."),
        ("Extra virgin olive oil, 1 l", "Sol de Jaén", "food", 15900, "First cold pressing of early picual olives."),
        ("Mixed nuts, unsalted, 1 kg", "Harvest Row", "food", 9900, "Almonds, cashews, walnuts and hazelnuts, slowly roasted."),
    ];

    public static IReadOnlyList<Product> All { get; } =
        [.. SeedProducts.Skus.Zip(Rows, (sku, row) =>
            new Product(sku, row.Name, row.Brand, row.Category, new Money(row.Fen, "CNY"), row.Description, Version: 1))];
}
