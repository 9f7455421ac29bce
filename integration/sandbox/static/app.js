// Opens an app's page in the frame beside: by a form, so that what was signed is in no address.

document.getElementById("opening")?.submit();
